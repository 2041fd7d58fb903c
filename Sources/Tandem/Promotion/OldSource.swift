internal import TandemCore
internal import TandemSystem
internal import TandemTypes

/// A source that is to become a copy, as its first bytes describe it: read through the very descriptor that is locked,
/// so that nothing else is believed than what is changed.
struct OldSource {
    let path: String
    let layout: FileLayout
    let slot: StateSlot
    /// What its programs are told.
    let attention: UInt64
    /// A promoted copy has taken over, as its replicator has seen.
    var isSuperseded: Bool { attention & ControlFlags.superseded != 0 }
    /// A demotion has made it a copy already, and nothing has come from the new source.
    let isDemoted: Bool
    /// E, as it stood.
    let epoch: UInt64
    /// The last cut that was whole on any copy.
    let committed: UInt64

    /// - Throws: `.wrongRole` for a copy, and what keeps it from being a sound source.
    init(_ bytes: FileBytes, path: String) throws(TandemError) {
        var head = [UInt8](repeating: 0, count: min(bytes.count, CopyExaminer.headerBytes + FileLayout.pageBytes))
        do throws(CopyFailure) {
            try head.withMutableBytes { raw throws(CopyFailure) in try bytes.read(into: raw, at: 0) }
        } catch { throw error.asTandemError(path) }
        let count = bytes.count
        self = try head.withMutableBytes { raw throws(TandemError) in try Self(raw, of: count, path: path) }
    }

    /// What it becomes: a copy of its own life that is no whole state, and that nobody knows yet.
    ///
    /// Its journal begins with nothing, behind all that the source ever committed: promoted by force, should the new
    /// source be lost before anything has come from it, it counts on from there.
    var copySlot: StateSlot {
        StateSlot(
            sequence: slot.sequence &+ 1, generation: slot.generation, lineage: slot.life.lineage, role: .syncing,
            tailCut: min(epoch, StateSlot.cutMax), wallNanoseconds: WallClock.now(), session: slot.session)
    }

    /// - Parameter head: the first bytes of a file that has `count`.
    private init(_ head: UnsafeMutableRawBufferPointer, of count: Int, path: String) throws(TandemError) {
        self.path = path
        do throws(TandemError) {
            (layout, slot) = try SourceExaminer.examine(head, of: count, path: path, checksum: LinuxChecksum.crc32c)
        } catch {
            guard error.code == .wrongRole else { throw error }
            layout = try Identity.decode(UnsafeRawBufferPointer(head), path: path, checksum: LinuxChecksum.crc32c)
            guard let found = StateSlot.newest(in: head.baseAddress!, checksum: LinuxChecksum.crc32c) else {
                throw error
            }
            slot = found
        }
        let area = RuntimeArea(memory: SourceMemory(base: head.baseAddress!, layout: layout), layout: layout)
        // A copy that a replicator has laid out has no words of a source's, and one that it has taken up has an id.
        isDemoted = slot.role == .syncing && slot.copy == .none && area.isReady
        guard slot.role == .source || isDemoted else {
            throw TandemError(
                .wrongRole, path, "it is a copy, not a source",
                remedy: "There is nothing to demote: follow its source with 'tandem replicate SOURCE --to \(path)'")
        }
        (epoch, committed, attention) = (area.epoch.load(), area.committed.load(), area.attention.load())
    }

    /// Pages that were changed since the last cut that its copies have, or that one of them lacks.
    func changedPages(in bytes: FileBytes) throws(CopyFailure) -> Int {
        let runtime = layout.runtime
        var changed = try Self.words(runtime.dirty, runtime.wordCount, bytes)
        for block in runtime.copies {
            for place in [block.taken, block.missed] {
                for (index, word) in try Self.words(place, runtime.wordCount, bytes).enumerated() {
                    changed[index] |= word
                }
            }
        }
        return changed.reduce(0) { $0 + $1.nonzeroBitCount }
    }

    private static func words(_ offset: Int, _ count: Int, _ bytes: FileBytes) throws(CopyFailure) -> [UInt64] {
        var raw = [UInt8](repeating: 0, count: count * 8)
        try raw.withMutableBytes { raw throws(CopyFailure) in try bytes.read(into: raw, at: offset) }
        return raw.withUnsafeBytes { Array($0.bindMemory(to: UInt64.self)) }
    }
}
