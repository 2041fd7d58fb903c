internal import Glibc
internal import Tandem

/// What a copy has become that was promoted.
enum PromotedSource {
    /// Nothing was written after the last cut, so every record of the new source must be what the old one has.
    static func compare(_ new: SourceDataFile, with old: BenchSource, into report: inout Report) throws {
        let table = try new.table("partitioned", of: BenchRecord.self)
        var different = 0
        for index in 0 ..< old.capacity {
            let (one, other) = (try old.partitioned.read(at: index), try table.read(at: index))
            if withUnsafeBytes(
                of: one, { a in withUnsafeBytes(of: other) { b in memcmp(a.baseAddress!, b.baseAddress!, a.count) } })
                != 0
            {
                different += 1
            }
        }
        if different > 0 { report.fail("\(different) records of the promoted source differ from the old one's") }
        report.note("all \(old.capacity) records of the promoted source are the old one's")
    }
}
