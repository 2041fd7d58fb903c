/// Pages that stay in `taken` behind their cut, since a transaction that has not ended holds a record there.
///
/// Nothing of them is newer than what was read. What the holder makes of its record becomes known with its end, and
/// that moves its status; a change of any other record marks the page anew.
struct HeldPages {
    private struct Holder {
        let writer: Int
        let status: UInt64
    }

    private(set) var words: [PageWord] = []
    private var holders: [Holder] = []

    var isEmpty: Bool { words.isEmpty }

    mutating func add(_ page: Int, writer: Int, status: UInt64) {
        let bit = UInt64(1) << UInt64(page & 63)
        if words.last?.index == page >> 6 {
            words[words.count - 1].bits |= bit
        } else {
            words.append(PageWord(index: page >> 6, bits: bit))
        }
        // One status a writer: with another one that it had, the first has moved.
        if !holders.contains(where: { $0.writer == writer }) { holders.append(Holder(writer: writer, status: status)) }
    }

    /// Whether any of the transactions has come further.
    ///
    /// Looked at behind a window's barrier, a no is sure: a transaction that is not seen *committing* then reads the
    /// new E, and belongs to a later cut.
    func haveMoved(in memory: SourceMemory) -> Bool {
        holders.contains { memory.writer($0.writer).status.loadAcquiring() != $0.status }
    }

    mutating func removeAll() {
        words.removeAll(keepingCapacity: true)
        holders.removeAll(keepingCapacity: true)
    }
}
