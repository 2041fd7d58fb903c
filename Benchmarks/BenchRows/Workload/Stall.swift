internal import Glibc

/// A stall made on purpose: shows that a load would see a real one.
package struct Stall: Sendable {
    let everyTransactions: Int
    let microseconds: UInt32
    private var left: Int

    package init(everyTransactions: Int, microseconds: UInt32) {
        self.everyTransactions = everyTransactions
        self.microseconds = microseconds
        left = everyTransactions
    }

    /// Once a transaction, as a part of it.
    @inline(__always)
    mutating func pass() {
        left -= 1
        guard left == 0 else { return }
        left = everyTransactions
        usleep(microseconds)
    }
}
