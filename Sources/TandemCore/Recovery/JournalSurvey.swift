internal import CTandemLayout

/// Walks a journal on paper, and looks behind its end as well.
///
/// A journal ends at the first record that is not whole. Usually that is a last write which was torn, and nothing newer
/// stands behind it, as a cut is begun only when the one before is whole on the copy. So whatever newer does stand
/// behind it proves that the record at the end was whole once, and has rotted.
extension CopyRecovery {
    /// As `scan`; `lostThrough` is the last cut behind the end that had been whole.
    ///
    /// - Complexity: O(journal), of which one header a page is read behind the end where anything was ever written.
    package static func survey(
        _ bytes: some CopyBytes, layout: FileLayout, slot: StateSlot, checksum: Checksum,
        _ body: (JournalChange) throws(CopyFailure) -> Void = { _ in }
    ) throws(CopyFailure) -> Replayed {
        var replayed = try scan(bytes, layout: layout, slot: slot, checksum: checksum, body)
        let remains = JournalRemains(bytes, layout: layout, generation: slot.generation, checksum: checksum)
        guard let last = try remains.lastWholeCut(behind: replayed.end),
            // While the copy is being written the next cut may have become whole meanwhile.
            try !remains.goesOn(from: replayed.end)
        else { return replayed }
        replayed.lostThrough = last
        return replayed
    }
}

/// What stands in a journal's ring, at whatever place.
private struct JournalRemains<Bytes: CopyBytes> {
    private let bytes: Bytes
    private let layout: FileLayout
    private let generation: Generation
    private let checksum: Checksum
    private let buffer = RecordBuffer()

    init(_ bytes: Bytes, layout: FileLayout, generation: Generation, checksum: Checksum) {
        self.bytes = bytes
        self.layout = layout
        self.generation = generation
        self.checksum = checksum
    }

    /// The newest cut that is known to have been whole behind `end`; nil when there is none.
    ///
    /// The ring also holds records of earlier laps, and of an earlier journal of the same life. Cut numbers only grow,
    /// so those have lower ones.
    func lastWholeCut(behind end: JournalEnd) throws(CopyFailure) -> UInt64? {
        guard let newest = try newestHeader(above: end.cut) else { return nil }
        // When its header went out the cut before it was whole; of itself only its body can tell.
        var reader = reader(at: JournalEnd(position: newest.position, cut: newest.previous))
        let last = try reader.next() == nil ? newest.previous : newest.cut
        return last > end.cut ? last : nil
    }

    /// The header of the newest cut above `cut` in what was ever written of the ring.
    private func newestHeader(above cut: UInt64) throws(CopyFailure) -> tandem_cut? {
        let ring = layout.journalOffset ..< layout.journalOffset + layout.journalBytes
        var newest: tandem_cut?
        var from = ring.lowerBound
        while let written = bytes.written(in: from ..< ring.upperBound) {
            // Records begin with pages.
            let first = (written.lowerBound - ring.lowerBound) & ~(FileLayout.pageBytes - 1)
            for place in stride(from: first, to: written.upperBound - ring.lowerBound, by: FileLayout.pageBytes) {
                let reader = reader(at: JournalEnd(position: UInt64(place), cut: 0))
                if let header = try reader.header(), header.cut > newest?.cut ?? cut { newest = header }
            }
            from = written.upperBound
        }
        return newest
    }

    /// Whether the record at `end` is whole after all.
    func goesOn(from end: JournalEnd) throws(CopyFailure) -> Bool {
        var reader = reader(at: end)
        guard let cut = try reader.next() else { return false }
        return cut.isSound(checksum)
    }

    private func reader(at end: JournalEnd) -> JournalReader<Bytes> {
        JournalReader(
            bytes, layout: layout, generation: generation, from: end, through: buffer, checksum: checksum)
    }
}
