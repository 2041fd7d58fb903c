@testable import TandemCore
import Testing

@Suite("RetryBudget: how long a reader tries")
struct RetryBudgetTests {
    /// How many tries there are, each with `looks` at undo entries, until patience is over.
    private func tries(looks: Int, header: (Int) -> UInt64) -> Int {
        var patience = RetryBudget()
        var count = 0
        while !patience.isOver {
            patience.note(looks: looks)
            patience.noteTry(header(count))
            count += 1
        }
        return count
    }

    @Test("A record whose header does not move has been scribbled on: some 64 tries are enough")
    func standstill() { #expect(tries(looks: 0) { _ in 7 } == 65) }

    @Test("A record that moves on each time is tried some four million times")
    func moving() { #expect(tries(looks: 0) { UInt64($0) } == 1 << 22) }

    @Test("Looks at undo logs count as tries do")
    func looks() { #expect(tries(looks: 1023) { UInt64($0) } == 4096) }

    @Test("However long the undo logs are, eight tries are made", arguments: [1 << 22, 1 << 30])
    func atLeast(looks: Int) { #expect(tries(looks: looks) { UInt64($0) } == 8) }
}
