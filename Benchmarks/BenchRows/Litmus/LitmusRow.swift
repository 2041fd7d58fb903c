internal import TandemSystem

/// `litmus`: the two store→load orders that writers leave to the controller, on this very processor.
public struct LitmusRow: BenchRow {
    public static let name = "litmus"
    public static let abstract = "The two store-load orders, with and without the barrier."
    public static var parts: Int { 2 }
    public var common = CommonOptions()
    /// Transactions of each repetition of each order, with the barrier and again without.
    public var rounds = 2_000_000

    public init() {}

    public var expectedSeconds: Double { Double(common.repetitions) * Double(rounds) * 4 * 4e-7 }

    public mutating func makeQuick() { rounds = 200_000 }

    /// Exit status of a litmus whose losses without the barrier were none: it has proved nothing.
    public static let provesNothing: Int32 = 2

    public func measure(into report: inout Report, _ progress: BenchProgress) throws {
        report.note("barrier: the writer's exchange in commit, and the controller's locked instructions")
        try judge(LockThenDirtyBit.self, "litmus.dirty-bit", &report, progress)
        try judge(CommittingThenEpoch.self, "litmus.epoch", &report, progress)
    }

    private func judge<Order: StoreLoadOrder>(
        _: Order.Type, _ id: String, _ report: inout Report, _ progress: BenchProgress
    ) throws {
        let litmus = Litmus<Order>(rounds: rounds)
        var (without, with): ([Double], [Double]) = ([], [])
        for repetition in 0 ..< common.repetitions {
            progress.repetition(repetition, of: common.repetitions, Order.name)
            without.append(Double(try litmus.lost(.none)))
            with.append(Double(try litmus.lost(.asShipped)))
        }
        report.add(
            Figure(
                id, "\(Order.name): lost of \(rounds)", Samples(with), .count,
                beside: .init("without it", Samples(without))))
        let lost = with.reduce(0, +)
        if lost > 0 { report.fail("\(Order.name): \(Int(lost)) updates lost in spite of the barrier") }
        guard without.allSatisfy({ $0 == 0 }) else { return }
        report.warn(
            """
            \(Order.name): none lost without the barrier either, so this proves nothing; try more --rounds, on two \
            idle cores
            """)
        if report.exitStatus == 0 { report.exitStatus = Self.provesNothing }
    }
}
