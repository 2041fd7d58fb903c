internal import Tandem
internal import TandemCore
internal import TandemSystem
internal import TandemTypes

extension TableParts {
    /// The table's header, which the first who opens it writes; and its clock set on, by the first in a new life.
    ///
    /// - Throws: `.wrongSchema` when the table was made for other keys or records, and what a transaction throws.
    func open(_ source: SourceDataFile, keyBytesMax: Int, recordBytes: Int) throws(TandemError) -> TableHeader {
        var header = try read()
        let now = MonotonicClock.now()
        if header.mark == 0 || !header.isClock(of: source.generation) {
            var writer = try source.makeWriter()
            header = try writer.transaction { transaction throws(TandemError) in
                let words = try lists.hold(ListPlace.header, as: TableHeader.self, in: &transaction.log)
                if words.pointee.mark == 0 {
                    words.pointee.begin(keyBytesMax: keyBytesMax, recordBytes: recordBytes)
                }
                words.pointee.setClock(of: source.generation, now: now)
                return words.pointee
            }
        }
        guard header.mark == TableHeader.mark else {
            throw Self.misfit(name, in: source, "its header is none of a keyed table, nor of a table of slots")
        }
        guard Int(header.keyBytesMax) == keyBytesMax, Int(header.recordBytes) == recordBytes else {
            throw Self.misfit(
                name, in: source,
                """
                it has keys of up to \(header.keyBytesMax) bytes and records of \(header.recordBytes), not of \
                \(keyBytesMax) and \(recordBytes)
                """)
        }
        return header
    }

    /// As it is committed; without a mark where nobody has opened the table yet.
    func read() throws(TandemError) -> TableHeader {
        try lists.look(at: ListPlace.header, as: 0) { $0.assumingMemoryBound(to: TableHeader.self).pointee }
    }
}

extension TableHeader {
    fileprivate func isClock(of life: Generation) -> Bool { clockOf == (life.high, life.low) }

    fileprivate mutating func begin(keyBytesMax: Int, recordBytes: Int) {
        mark = Self.mark
        secret = (.random(in: 0 ... .max), .random(in: 0 ... .max))
        self.keyBytesMax = UInt32(keyBytesMax)
        self.recordBytes = UInt32(recordBytes)
    }

    /// Another host's monotonic clock says nothing about this one's: the table's goes on from where it was last told.
    fileprivate mutating func setClock(of life: Generation, now: UInt64) {
        guard !isClock(of: life) else { return }
        clockOf = (life.high, life.low)
        clockOffset = clockTold &- now
    }
}
