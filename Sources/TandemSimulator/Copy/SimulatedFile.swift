import TandemCore

/// A copy data file and the medium under it.
///
/// It may: take a write only in part, sector by sector, when its writer is killed, its host loses power or the write
/// fails; show written bytes that a power cut then takes back, unless a flush came between, sector by sector and in any
/// order, or tear a sector; lose what was not flushed when a flush fails, while it goes on showing it, for a while or
/// not at all; be cut short. It never: changes a byte that nobody wrote, forgets what a successful flush covered, or
/// lets two processes hold its lock. Only `flipByte` changes a byte that the engine has not written.
final class SimulatedFile: CopyBytes {
    static let sector = 512

    private(set) var count = 0
    /// As reads see it.
    let bytes: UnsafeMutableRawPointer
    /// What a power cut leaves, `unflushed` aside.
    private let stable: UnsafeMutableRawPointer
    let capacity: Int
    /// The unused runtime area is not kept, and reads as zero.
    private let hole: Range<Int>
    private var unflushed: [Piece] = []
    private var unflushedBytes: [UInt8] = []
    private let keepsLog: Bool
    /// What failed flushes have lost, and reads still show: clean pages, which may leave the cache at any moment.
    /// Whoever asked for the flush may not have heard of it yet.
    private var lost: [Range<Int>] = []
    /// The same, when the engine has.
    private(set) var knownLost: [Range<Int>] = []

    /// Who has the lock.
    var holder: Int?
    /// Writes of a killed holder that may still land; the lock lasts as long.
    var lateWrites = 0
    /// Cut short, or made of other bytes: what it holds is its own affair.
    var isDamaged = false
    /// A failed flush has taken back what had arrived. Until it is opened again nobody may know.
    private(set) var hasLostPages = false
    /// Since when somebody else has written over it, in place. What it holds is nobody's until it is in sync anew.
    var overwrittenAt: UInt64? { didSet { hasSlotOverwritten = false } }
    /// Since when a record of it may lack its seal. Nil when none does: `CopyOracle.noteRot` looks.
    var rottenSince: UInt64? { didSet { if rottenSince != nil { hasRotted = true } } }
    /// A byte of it rotted once: the medium may hold that longer, until what mended it has been flushed.
    private(set) var hasRotted = false
    /// The engine has put a newer state slot over that. Were it killed before its next look, its successor could not
    /// tell the two apart: a window that is known, see `docs/internals/health.md`.
    private(set) var hasSlotOverwritten = false
    /// It has been opened since: whoever is in sync with it now has looked at it.
    private(set) var isOpenedAnew = false
    /// What is known of it as it arrives, of a file that a standby keeps in memory.
    var arriving: ArrivingCopy<LandedBytes>?
    /// The newest cut that anybody was told to be on this file; and that with which it was promoted, if it was.
    var acknowledged: UInt64 = 0
    var promotedCut: UInt64?
    private struct Piece { var offset, count, place: Int }

    /// Writes that have landed since the file was made: where a flush that starts now ends.
    private(set) var landed = 0

    init(layout: FileLayout, keepsLog: Bool) {
        hole = CopyExaminer.headerBytes ..< layout.tablesOffset
        capacity = layout.copyBytes - hole.count
        self.keepsLog = keepsLog
        bytes = .allocate(byteCount: capacity, alignment: 4096)
        stable = .allocate(byteCount: capacity, alignment: 4096)
        bytes.initializeMemory(as: UInt8.self, repeating: 0, count: capacity)
        stable.initializeMemory(as: UInt8.self, repeating: 0, count: capacity)
    }

    deinit {
        bytes.deallocate()
        stable.deallocate()
    }

    private func place(_ offset: Int) -> Int { offset < hole.lowerBound ? offset : offset - hole.count }

    /// The parts of a range that are kept.
    private func kept(_ range: Range<Int>, _ body: (Range<Int>) -> Void) {
        let low = range.clamped(to: 0 ..< hole.lowerBound)
        if !low.isEmpty { body(low) }
        let high = range.clamped(to: hole.upperBound ..< capacity + hole.count)
        if !high.isEmpty { body(high) }
    }

    func read(into destination: UnsafeMutableRawBufferPointer, at offset: Int) throws(CopyFailure) {
        guard offset >= 0, offset + destination.count <= count else { throw CopyFailure(.inputOutput, errno: 5) }
        if offset < hole.upperBound, offset + destination.count > hole.lowerBound {
            destination.initializeMemory(as: UInt8.self, repeating: 0)
        }
        kept(offset ..< offset + destination.count) { part in
            (destination.baseAddress! + (part.lowerBound - offset)).copyMemory(
                from: bytes + place(part.lowerBound), byteCount: part.count)
        }
    }

    func write(_ source: UnsafeRawBufferPointer, at offset: Int) throws(CopyFailure) {
        guard offset >= 0, offset + source.count <= capacity + hole.count else {
            throw CopyFailure(.noSpace, errno: 28)
        }
        arrive(source, at: offset)
    }

    /// A write, or a part of one, becomes visible.
    func land(_ source: UnsafeRawBufferPointer, at offset: Int) {
        count = max(count, offset + source.count)
        if overwrittenAt != nil, StateSlot.offsets.contains(offset) { hasSlotOverwritten = true }
        kept(offset ..< offset + source.count) { part in
            let from = source.baseAddress! + (part.lowerBound - offset)
            (bytes + place(part.lowerBound)).copyMemory(from: from, byteCount: part.count)
            guard keepsLog else { return }
            landed += 1
            unflushed.append(Piece(offset: place(part.lowerBound), count: part.count, place: unflushedBytes.count))
            unflushedBytes.append(contentsOf: UnsafeRawBufferPointer(start: from, count: part.count))
        }
    }

    /// A write of a stranger's, or what the device makes of the byte.
    func flipByte(at offset: Int) {
        var byte = bytes.load(fromByteOffset: place(offset), as: UInt8.self) ^ 0xFF
        withUnsafeBytes(of: &byte) { land($0, at: offset) }
    }

    /// Only some sectors of it do.
    func landPartly(_ source: UnsafeRawBufferPointer, at offset: Int, _ random: inout SeededRandom) {
        var start = 0
        while start < source.count {
            let end = min(start + Self.sector * (1 + random.below(8)), source.count)
            if random.below(2) == 0 {
                arrive(UnsafeRawBufferPointer(rebasing: source[start ..< end]), at: offset + start)
            }
            start = end
        }
    }

    /// What it shows is what whoever has opened it goes on from.
    func noteOpened() {
        hasLostPages = false
        isOpenedAnew = true
    }

    func resize(to size: Int) {
        if size < count {
            kept(size ..< count) {
                (bytes + place($0.lowerBound)).initializeMemory(as: UInt8.self, repeating: 0, count: $0.count)
            }
        }
        count = size
    }

    // MARK: The medium

    /// - Parameter mark: `landed` when the flush was asked for. What landed later may have missed it.
    func flush(through mark: Int) {
        guard keepsLog else { return }
        let covered = max(unflushed.count - (landed - mark), 0)
        for piece in unflushed.prefix(covered) { keep(piece, 0 ..< piece.count) }
        unflushed.removeFirst(covered)
        if unflushed.isEmpty { forget() }
    }

    private func keep(_ piece: Piece, _ part: Range<Int>) {
        unflushedBytes.withUnsafeBytes {
            (stable + piece.offset + part.lowerBound)
                .copyMemory(from: $0.baseAddress! + piece.place + part.lowerBound, byteCount: part.count)
        }
    }

    /// The kernel calls the pages clean whether they were written or not: what is lost shows only after a power cut,
    /// or, as clean pages may leave the cache at any moment, at once.
    func flushFails(_ random: inout SeededRandom) {
        guard keepsLog else { return }
        for piece in unflushed where random.below(2) == 0 { persist(piece, &random) }
        flushLosesAll()
        guard random.below(4) == 0 else { return }
        hasLostPages = true
        forgetLost()
        bytes.copyMemory(from: stable, byteCount: capacity)
    }

    /// The same at its worst.
    func flushLosesAll() {
        lost += unflushed.map { $0.offset ..< $0.offset + $0.count }
        forget()
    }

    /// Reads still show what a failed flush has lost: a look that reads the medium anew finds other bytes, unwritten.
    var mayChangeUnwritten: Bool { !lost.isEmpty || !knownLost.isEmpty }

    /// Whoever asked for a flush that has failed has heard of it.
    func noteLossKnown() {
        guard !lost.isEmpty else { return }
        knownLost += lost
        lost.removeAll()
    }

    /// Pages leave the cache: reads show what the medium has, and what was written over it since.
    func evict(_ pages: [Range<Int>]) {
        guard !pages.isEmpty else { return }
        for page in pages {
            (bytes + page.lowerBound).copyMemory(from: stable + page.lowerBound, byteCount: page.count)
        }
        knownLost.removeAll()
        unflushedBytes.withUnsafeBytes {
            for piece in unflushed {
                (bytes + piece.offset).copyMemory(from: $0.baseAddress! + piece.place, byteCount: piece.count)
            }
        }
    }

    /// They have left it already, or stay for as long as anybody looks.
    func forgetLost() {
        lost.removeAll()
        knownLost.removeAll()
    }

    /// All of it leaves the cache: from here on it is read as the medium has it. Only what is flushed can.
    func forgetCached(_ layout: FileLayout) {
        guard keepsLog, unflushed.isEmpty else { return }
        kept(0 ..< layout.copyBytes) { reread($0) }
    }

    private func reread(_ range: Range<Int>) {
        (bytes + place(range.lowerBound)).copyMemory(from: stable + place(range.lowerBound), byteCount: range.count)
    }

    private func forget() {
        unflushed.removeAll(keepingCapacity: true)
        unflushedBytes.removeAll(keepingCapacity: true)
    }

    /// What is on the medium after a power cut now: every unflushed sector of every write kept, dropped, or torn.
    func cutPower(_ random: inout SeededRandom) {
        guard keepsLog else { return }
        let keeps = random.below(5)
        for piece in unflushed where keeps == 0 || random.below(4) < keeps { persist(piece, &random) }
        bytes.copyMemory(from: stable, byteCount: capacity)
        forgetLost()
        forget()
    }

    private func persist(_ piece: Piece, _ random: inout SeededRandom) {
        if random.below(3) == 0 { return keep(piece, 0 ..< piece.count) }
        for start in stride(from: 0, to: piece.count, by: Self.sector) {
            let end = min(start + Self.sector, piece.count)
            // Five of eight sectors arrive, two do not, and one is torn.
            let fate = random.below(8)
            if fate < 5 { keep(piece, start ..< end) }
            if fate == 7 { keep(piece, start ..< start + random.below(end - start)) }
        }
    }

    /// Another file with these bytes, as `cp` makes it.
    ///
    /// - Parameter withMedium: what a power cut would leave of it too. Nobody needs that of a file which is only read.
    func copyContents(of other: SimulatedFile, withMedium: Bool = true) {
        bytes.copyMemory(from: other.bytes, byteCount: capacity)
        forget()
        if keepsLog, withMedium {
            stable.copyMemory(from: other.stable, byteCount: capacity)
            unflushed = other.unflushed
            unflushedBytes = other.unflushedBytes
            landed = other.landed
        }
        count = other.count
        acknowledged = other.acknowledged
        overwrittenAt = other.overwrittenAt
        rottenSince = other.rottenSince
        hasRotted = other.hasRotted
        isDamaged = other.isDamaged
        hasLostPages = other.hasLostPages
        if arriving != nil { beginArriving() }
    }

    /// Somebody writes all of `other` over it, as `cp` does: writes like any, to be flushed.
    func overwrite(with other: SimulatedFile) {
        isOpenedAnew = false
        arriving = nil  // its times show that somebody else has written to it
        land(UnsafeRawBufferPointer(start: other.bytes, count: hole.lowerBound), at: 0)
        land(
            UnsafeRawBufferPointer(start: other.bytes + hole.lowerBound, count: capacity - hole.lowerBound),
            at: hole.upperBound)
    }

    /// A new, empty file in the memory of an old one.
    func clear() {
        bytes.initializeMemory(as: UInt8.self, repeating: 0, count: capacity)
        if keepsLog { stable.initializeMemory(as: UInt8.self, repeating: 0, count: capacity) }
        forget()
        forgetLost()
        landed = 0
        count = 0
        holder = nil
        lateWrites = 0
        isDamaged = false
        hasLostPages = false
        (acknowledged, promotedCut) = (0, nil)
        overwrittenAt = nil
        (rottenSince, hasRotted) = (nil, false)
        arriving = nil
    }
}
