internal import CTandemLayout

/// A look at the copy: whether the file is the one that its path names, and holds still what the engine wrote last.
///
/// Name and length say nothing of contents: an older copy that is copied over the open one leaves both as they were,
/// and so does a stranger's write over the header. What the engine itself wrote last cannot be there then: the two
/// newest state slots, and the headers of two whole cuts, where no slot has been written since. Of the slots both, as
/// the newest may have been written over the older copy. Of the cuts the last, and the one that was the last when the
/// engine looked before: under load a newer one stands behind the older copy's at any moment.
///
/// *Threads:* the engine's. *Crash:* nothing of it outlives the engine; a probe looks at all of the file.
struct CopyLook {
    enum Verdict: Equatable {
        /// More is to come, or it was given up.
        case none
        case same
        case overwritten
        case failed(CopyFailure)
    }

    /// What a cut that is whole on the copy says of itself.
    struct Cut: Equatable {
        var number: UInt64
        var position: UInt64
    }

    private enum Part: Int { case name, header, lastCut, earlierCut }

    private static let pageBytes = FileLayout.pageBytes
    /// Header, and two pages of the journal.
    static let roomBytes = CopyExaminer.headerBytes + 2 * pageBytes

    private let room: UnsafeMutableRawBufferPointer
    private let layout: FileLayout
    private let generation: Generation
    private let checksum: Checksum
    /// How every copy of this source begins.
    private let identity: [UInt8]
    /// The newest slots of the file, newest first; fewer where no more is known.
    private var slots: [StateSlot] = []
    /// The last cut of its journal, and the one that was the last at the last look. Nil: not known, or freed.
    private var lastCut: Cut?
    private var earlierCut: Cut?

    private var left = 0
    private var isGivenUp = false
    private var failure: CopyFailure?
    /// What the look under way is to find: it may end when another file has been begun.
    private var expected: (slots: [StateSlot], cuts: [Cut]) = ([], [])

    init(room: UnsafeMutableRawBufferPointer, layout: FileLayout, generation: Generation, checksum: Checksum) {
        precondition(room.count >= Self.roomBytes, "\(Self.roomBytes) bytes, \(room.count) given")
        self.room = room
        self.layout = layout
        self.generation = generation
        self.checksum = checksum
        identity = Identity.encode(layout, checksum: checksum)
    }

    var isUnderWay: Bool { left > 0 }

    /// A file has been opened or laid out, whose newest slots are these; nothing is known of its cuts.
    mutating func begin(with slots: [StateSlot]) {
        self.slots = slots
        forgetCuts()
    }

    mutating func forgetCuts() { (lastCut, earlierCut) = (nil, nil) }

    mutating func note(_ slot: StateSlot) { slots = [slot] + slots.prefix(1) }

    mutating func note(_ cut: Cut) { lastCut = cut }

    /// - Parameter journalStart: what lies before is freed, and may be written over.
    mutating func begin(_ cause: LookCause, journalStart: UInt64, into batch: inout CommandBatch) {
        precondition(!isUnderWay, "two looks at once")
        (isGivenUp, failure) = (false, nil)
        expected = (slots, [lastCut, earlierCut == lastCut ? nil : earlierCut].compactMap { $0 })
        expected.cuts.removeAll { $0.position < journalStart }
        earlierCut = lastCut
        batch.issue(.look(cause, part: Part.name.rawValue), .watch)
        batch.issue(
            .look(cause, part: Part.header.rawValue),
            .read(room.baseAddress!, count: CopyExaminer.headerBytes, offset: 0))
        for (place, cut) in expected.cuts.enumerated() {
            let offset = layout.journalOffset + Int(cut.position % UInt64(layout.journalBytes))
            batch.issue(
                .look(cause, part: Part.lastCut.rawValue + place),
                .read(page(place).baseAddress!, count: Self.pageBytes, offset: offset))
        }
        left = 2 + expected.cuts.count
    }

    /// - Parameter journalStart: as it is now. A replay in mid-syncing frees journal without a word on the copy.
    mutating func complete(_ failure: CopyFailure?, journalStart: UInt64) -> Verdict {
        left -= 1
        // What became of the name says more than a read of a file that was cut short.
        if let failure, self.failure == nil || failure.kind == .identityChanged { self.failure = failure }
        guard left == 0, !isGivenUp else { return .none }
        if let failure = self.failure { return .failed(failure) }
        return isHeaderSame && areCutsSame(journalStart) ? .same : .overwritten
    }

    /// The copy has gone; what is still under way counts for nothing.
    mutating func giveUp() { isGivenUp = true }

    private func page(_ place: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(
            rebasing: room[(CopyExaminer.headerBytes + place * Self.pageBytes)...].prefix(Self.pageBytes))
    }

    private var isHeaderSame: Bool {
        let header = UnsafeRawBufferPointer(rebasing: room[..<CopyExaminer.headerBytes])
        let isIdentitySame = identity.withUnsafeBytes {
            $0.isEqual(to: UnsafeRawBufferPointer(rebasing: header[..<Identity.byteCount]))
        }
        guard isIdentitySame, let base = header.baseAddress else { return false }
        if let newest = expected.slots.first, StateSlot.newest(in: base, checksum: checksum) != newest { return false }
        return expected.slots.allSatisfy { StateSlot.decode(base + $0.offset, checksum: checksum) == $0 }
    }

    private func areCutsSame(_ journalStart: UInt64) -> Bool {
        expected.cuts.enumerated().allSatisfy { place, cut in
            if cut.position < journalStart { return true }
            let header = CutHeader.decode(
                UnsafeRawBufferPointer(page(place)), generation: generation, checksum: checksum)
            return header?.cut == cut.number && header?.position == cut.position
        }
    }
}
