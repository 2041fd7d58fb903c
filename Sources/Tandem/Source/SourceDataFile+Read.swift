internal import TandemCore
public import TandemTypes

extension SourceDataFile {
    /// Reads a record that somebody is changing, or says why it cannot be read. Out of line, and told where by two
    /// numbers: a table's view would be copied to the stack before every read.
    @inlinable @inline(never)
    func readSlowly<Record: BitwiseCopyable>(_ table: Int, _ index: Int) throws(TandemError) -> Record {
        try withUnsafeTemporaryAllocation(of: Record.self, capacity: 1) { room throws(TandemError) in
            try read(table, index, into: UnsafeMutableRawPointer(room.baseAddress!))
            return room[0]
        }
    }

    @usableFromInline
    func read(_ table: Int, _ index: Int, into destination: UnsafeMutableRawPointer) throws(TandemError) {
        try TableView(layout: layout.tables[table], memory: memory).read(index, into: destination)
    }
}
