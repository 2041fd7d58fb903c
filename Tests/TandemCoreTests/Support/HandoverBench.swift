@testable import TandemCore
import TandemTypes
import Testing

/// One copy in sync with a source that is to be handed over to it.
final class HandoverBench {
    static let second: UInt64 = 1_000_000_000

    let bench = SeveralHarness(copies: 1)
    var source: TestSource { bench.source }
    var view: TableView { source.view(0) }

    var outcome: HandoverOutcome? { bench.agent.engine.handoverOutcome }
    var isStopped: Bool { source.area.attention.load() & ControlFlags.handingOver != 0 }
    /// What the copy's newest slot says.
    var isSaid: Bool { StateSlot.newest(in: bench.drivers[0].copy.bytes, checksum: testChecksum)!.isHandedOver }

    func handOver(within limit: UInt64 = 10 * second) { bench.agent.engine.handOver(to: 0, within: limit) }
    func isStanding() -> Bool { if case .standing = outcome { true } else { false } }

    /// In sync, with a change that no cut has yet.
    func begin(_ writer: inout WriterLog) throws {
        #expect(bench.sync() && bench.settle())
        try writer.commitFill(view, 7, 70)
    }

    /// A writer in the middle of a transaction that sets `record` to 90, in a slot whose writers never look dead.
    func open(_ slot: Int = 0, record: Int = 9) throws -> WriterLog {
        var other = source.writer(1)
        try begin(&other)
        var writer = source.writer(slot)
        try writer.begin()
        try writer.fill(view, record, 90)
        bench.drivers[0].mayRecover = { _ in false }
        return writer
    }
}

extension WriterLog {
    /// Why it was not committed, and is rolled back.
    mutating func commitCode() -> TandemError.Code? {
        do throws(TandemError) { try commit() } catch {
            rollBack()
            return error.code
        }
        return nil
    }

    mutating func sayCommitting() { slot.status.storeReleasing(WriterStatus(number, WriterStatus.committing).word) }
}
