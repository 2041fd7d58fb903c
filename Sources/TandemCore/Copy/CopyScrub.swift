/// Reads the tables of a copy in sync, slowly and for as long as it is, and looks at each record's seal.
///
/// A look (`CopyLook`) sees the copy's name, its header and its last cuts. What a stranger or the device has done to
/// its tables only reading them tells. A promotion would refuse them, while the source, which has the records, lives.
///
/// A page may be seen half written while its image is on its way, and it lies torn, and is owed, where a device lost
/// power under an image. So what has no seal is in *doubt* at first, and is read once more: by itself, with nothing
/// under way to the tables, and behind a sweep where it was owed. Only then is it damaged.
///
/// *Threads:* the engine's. *Crash:* nothing of it outlives the engine, but that damaged pages are owed.
struct CopyScrub {
    /// What a read came to.
    enum Verdict: Equatable {
        case nothing
        /// This page, of all tables', was damaged by somebody: it is to be written again.
        case damaged(page: Int)
        /// Every page that was damaged has been seen whole.
        case healed
        /// Written again, and still damaged; or more pages are damaged than are worth writing one by one.
        case hopeless
    }

    /// A page that has been seen without its seals.
    private struct Doubt {
        let page: Int
        /// To be read again when this many sweeps have ended, flushed.
        var sweep: Int
        var look = Look.wanted
        var isDamaged = false
    }

    /// A look at the file that was begun after its page came into doubt. Before it has found the file as it was,
    /// nothing is read again: a file that a stranger has filled with zeros would be healed page by page until the next
    /// look, and then be one that no probe recognises.
    private enum Look { case wanted, underWay, same }

    /// Pages of one table that follow each other.
    private struct Run {
        let table: TableLayout
        let pages: Range<Int>
        /// Nil: the pass goes on with them.
        var doubt: Int?
    }

    /// A page of any table fits; 16 of the usual ones take some 15 µs of the engine's thread.
    static let readBytes = 64 << 10
    /// Beyond it a new copy is the shorter way.
    static let doubtsMax = 256

    private let room: UnsafeMutableRawBufferPointer
    private let tables: TableDirectory
    private let checksum: Checksum
    private let bytesPerSecond: Int

    // The pass: where it goes on, and when.
    private var table = 0
    private var page = 0
    private var next: UInt64 = 0
    private(set) var passes = 0
    private var hurriedUntil = 0

    private var running: Run?
    private var isGivenUp = false
    /// A read has failed; why is told when a look has told whether the file is still there.
    private(set) var failure: CopyFailure?
    /// Where the last one failed, and whether it failed there before: a device that cannot read a page may yet write
    /// it.
    private var unreadable: (table: Int, page: Int)?
    private(set) var isUnreadableAgain = false

    private var doubts: [Doubt] = []
    private var damaged = 0
    /// How many pages were damaged since all of them had last been seen whole.
    private var found = 0
    private var sweepsBegun = 0
    private var sweepsFinished = 0
    private var sweepsEnded = 0

    init(room: UnsafeMutableRawBufferPointer, tables: TableDirectory, checksum: Checksum, bytesPerSecond: Int) {
        precondition(room.count >= Self.readBytes, "\(Self.readBytes) bytes, \(room.count) given")
        self.room = room
        self.tables = tables
        self.checksum = checksum
        self.bytesPerSecond = bytesPerSecond
    }

    var isUnderWay: Bool { running != nil }
    var pagesUnderWay: Int { running?.pages.count ?? 0 }

    /// A page in doubt is to be read, or is being read, with nothing under way to the tables: no walk begins.
    var needsQuiet: Bool { isRereading || isRereadDue }
    var isRereading: Bool { running?.doubt != nil }
    var isRereadDue: Bool { doubts.contains(where: isDue) }
    /// The file has to be looked at before a page in doubt is read again.
    var wantsLook: Bool { doubts.contains { $0.look == .wanted } }
    /// Pages in doubt are owed: the sooner they are swept, the sooner it is known what they are.
    var wantsSweep: Bool { doubts.contains { $0.sweep > sweepsEnded } }

    /// Whether the pass goes on now. Where one page is damaged others may be: then it hurries, once around.
    func isDue(at now: UInt64) -> Bool {
        guard bytesPerSecond > 0, doubts.count < Self.doubtsMax else { return false }
        return now >= next || damaged > 0 && passes < hurriedUntil
    }

    /// Another copy, or the same anew: what is known of the pages of the last one is nothing.
    mutating func begin() {
        doubts.removeAll(keepingCapacity: true)
        (damaged, found) = (0, 0)
        failure = nil
        next = 0
        isGivenUp = isUnderWay
    }

    /// For people: the page that was found last, and how many there are.
    func damage(lastPage page: Int) -> CopyDamage? {
        guard page >= 0, let table = tables.view(ofPage: page)?.layout else { return nil }
        return CopyDamage(table: table.number, page: page - table.firstPage, pages: found)
    }

    private func isDue(_ doubt: Doubt) -> Bool { doubt.look == .same && doubt.sweep <= sweepsEnded }

    // MARK: Looks and sweeps

    mutating func noteLookBegun() {
        for place in doubts.indices where doubts[place].look == .wanted { doubts[place].look = .underWay }
    }

    /// The look that is under way has found the file as it was.
    mutating func noteLookedSame() {
        for place in doubts.indices where doubts[place].look == .underWay { doubts[place].look = .same }
    }

    mutating func noteSweepBegun() { sweepsBegun += 1 }
    /// All of its images have arrived.
    mutating func noteSweepFinished() { sweepsFinished = sweepsBegun }
    /// A state slot is written, and what had arrived before it is flushed.
    mutating func noteFlushed() { sweepsEnded = sweepsFinished }

    // MARK: Reading

    /// The next pages of the pass.
    mutating func readOn(at now: UInt64, into batch: inout CommandBatch) {
        let layout = tables.views[table].layout
        let count = min(max(1, Self.readBytes / layout.pageBytes), layout.pageCount - page)
        read(Run(table: layout, pages: page ..< page + count), into: &batch)
        next = now &+ UInt64(count * layout.pageBytes) &* 1_000_000_000 / UInt64(bytesPerSecond)
    }

    /// A page in doubt, by itself.
    mutating func reread(into batch: inout CommandBatch) {
        guard let doubt = doubts.first(where: isDue),
            let layout = tables.view(ofPage: doubt.page)?.layout
        else { return }
        let page = doubt.page - layout.firstPage
        read(Run(table: layout, pages: page ..< page + 1, doubt: doubt.page), into: &batch)
    }

    private mutating func read(_ run: Run, into batch: inout CommandBatch) {
        precondition(running == nil, "two reads at once")
        running = run
        isGivenUp = false
        batch.issue(
            .scrub,
            .readOnce(
                room.baseAddress!, count: run.pages.count * run.table.pageBytes,
                offset: run.table.offset + run.pages.lowerBound * run.table.pageBytes))
    }

    /// The read has ended.
    ///
    /// - Parameters:
    ///   - counts: the copy is still in sync; else what was read is nobody's.
    ///   - isOwed: whether the journal or a sweep will bring the page anyway.
    mutating func complete(_ failure: CopyFailure?, counts: Bool, isOwed: (_ page: Int) -> Bool) -> Verdict {
        guard let run = running else { preconditionFailure("a page was read that nobody had asked for") }
        running = nil
        guard counts, !isGivenUp else { return .nothing }
        if let failure {
            note(failure, run)
            return .nothing
        }
        if run.doubt == nil { advance(past: run) }
        var verdict = Verdict.nothing
        for page in run.pages {
            let isWhole = isSealed(run.table, page, at: (page - run.pages.lowerBound) * run.table.pageBytes)
            if run.doubt != nil {
                verdict = settle(run.table.firstPage + page, isWhole: isWhole)
            } else if !isWhole {
                doubt(run.table.firstPage + page, isOwed)
            }
        }
        return verdict
    }

    private mutating func advance(past run: Run) {
        if let place = unreadable, place == (table, page) { unreadable = nil }
        page = run.pages.upperBound
        guard page == run.table.pageCount else { return }
        page = 0
        table += 1
        guard table == tables.views.count else { return }
        table = 0
        passes += 1
    }

    private mutating func note(_ failure: CopyFailure, _ run: Run) {
        self.failure = failure
        guard run.doubt == nil else { return }
        isUnreadableAgain = unreadable.map { $0 == (table, page) } ?? false
        unreadable = (table, page)
    }

    private func isSealed(_ table: TableLayout, _ page: Int, at offset: Int) -> Bool {
        var isWhole = true
        PageImage.forEachSlot(of: table, onPage: page, at: room.baseAddress! + offset, checksum: checksum) {
            if !$2 { isWhole = false }
        }
        return isWhole
    }

    // MARK: Doubts

    private mutating func doubt(_ page: Int, _ isOwed: (Int) -> Bool) {
        guard doubts.count < Self.doubtsMax, !doubts.contains(where: { $0.page == page }) else { return }
        doubts.append(Doubt(page: page, sweep: isOwed(page) ? sweepsBegun + 1 : 0))
    }

    /// It has been read with nothing under way.
    private mutating func settle(_ page: Int, isWhole: Bool) -> Verdict {
        guard let place = doubts.firstIndex(where: { $0.page == page }) else { return .nothing }
        if isWhole {
            let doubt = doubts.remove(at: place)
            guard doubt.isDamaged else { return .nothing }
            damaged -= 1
            return damaged == 0 ? .healed : .nothing
        }
        if doubts[place].isDamaged { return .hopeless }
        if damaged == 0 { (found, hurriedUntil) = (0, passes + 2) }
        doubts[place].isDamaged = true
        doubts[place].sweep = sweepsBegun + 1
        damaged += 1
        found += 1
        return damaged == Self.doubtsMax ? .hopeless : .damaged(page: page)
    }
}
