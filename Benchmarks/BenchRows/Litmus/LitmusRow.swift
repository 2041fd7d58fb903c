internal import TandemSystem

/// `litmus`: the two store→load orders that writers leave to the controller, on this very processor.
public struct LitmusRow {
    public var rounds = 10_000_000

    public init() {}

    /// Exit status of a litmus whose losses without the barrier were none: it has proved nothing.
    public static let provesNothing: Int32 = 2

    public func run() throws -> Report {
        var report = Report("litmus")
        report.note(Processors.note)
        switch MemoryBarrier.mode {
        case .membarrier: report.note("barrier: membarrier, global expedited, by the controller alone")
        case .fence(let reason): report.note("barrier: fences on both sides, as \(reason)")
        }
        try judge(LockThenDirtyBit.self, &report)
        try judge(CommittingThenEpoch.self, &report)
        return report
    }

    private func judge<Order: StoreLoadOrder>(_: Order.Type, _ report: inout Report) throws {
        let litmus = Litmus<Order>(rounds: rounds)
        let (without, with) = (try litmus.lost(.none), try litmus.lost(.asShipped))
        report.add(
            Figure(
                "\(Order.name): lost of \(rounds)", Double(with), .count, beside: .init("without it", Double(without)),
                bar: .atMost(0, .count)))
        if with > 0 { report.fail("\(Order.name): \(with) updates lost in spite of the barrier") }
        if without == 0 {
            report.note(
                """
                WARNING: \(Order.name): none lost without the barrier either, so this proves nothing; try more \
                --rounds, on two idle cores
                """
            )
            if report.exitStatus == 0 { report.exitStatus = Self.provesNothing }
        }
    }
}
