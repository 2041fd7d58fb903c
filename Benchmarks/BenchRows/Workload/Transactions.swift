internal import Tandem
internal import TandemCore

/// One-record transactions in a loop, as a program would write them: what each costs is the whole loop's time.
enum Transactions {
    /// A record is announced so many transactions ahead: one message being decoded while another is worked on, and one
    /// spare.
    static let ahead = 2

    @inline(never)
    static func set(
        _ writer: inout Writer, _ table: DataTable<BenchRecord>, _ indices: [UInt32], _ value: BenchRecord
    ) throws(TandemError) {
        for index in indices {
            try writer.transaction { change throws(TandemError) in
                try change.set(table, at: Int(index), to: value)
            }
        }
    }

    @inline(never)
    static func change(
        _ writer: inout Writer, _ table: DataTable<BenchRecord>, _ indices: [UInt32]
    ) throws(TandemError) {
        for index in indices { try changeOne(&writer, table, Int(index)) }
    }

    @inline(never)
    static func changeAnnounced(
        _ writer: inout Writer, _ table: DataTable<BenchRecord>, _ indices: [UInt32]
    ) throws(TandemError) {
        for number in indices.indices {
            table.prefetch(at: Int(indices[min(number + ahead, indices.count - 1)]))
            try changeOne(&writer, table, Int(indices[number]))
        }
    }

    @inline(__always)
    static func changeOne(
        _ writer: inout Writer, _ table: DataTable<BenchRecord>, _ index: Int
    ) throws(TandemError) {
        try writer.transaction { change throws(TandemError) in
            try change.update(table, at: index) { (record: inout BenchRecord) throws(TandemError) in
                record.changeAll()
            }
        }
    }
}
