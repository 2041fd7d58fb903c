internal import Tandem

/// Committed reads in a loop, each record's words added up so that none of them may be left unread.
enum CommittedReads {
    @inline(never)
    static func read<Record: BenchPayload>(
        _ table: DataTable<Record>, _ indices: [UInt32], after before: UInt64
    ) throws(TandemError) -> UInt64 {
        var sum = before
        for index in indices { sum &+= try table.read(at: Int(index)).sum }
        return sum
    }
}
