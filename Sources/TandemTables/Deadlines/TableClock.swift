internal import TandemSystem

/// The clock that the deadlines of a table are told on: nanoseconds, never set, never jumping.
///
/// It is the host's monotonic clock and a number that the table keeps. After a promotion it goes on from where it was
/// last told on the old host: hosts' monotonic clocks have nothing to do with each other, and a call that had two
/// minutes left then has two minutes left now. Deadlines come later for a take-over, never earlier.
public struct TableClock: Sendable {
    let offset: UInt64

    /// Nanoseconds on the table's clock.
    public func now() -> UInt64 { MonotonicClock.now() &+ offset }

    /// The time on the table's clock when the host's monotonic clock shows so many nanoseconds.
    public func time(atMonotonic nanoseconds: UInt64) -> UInt64 { nanoseconds &+ offset }

    /// The deadline that comes in `duration` from now; never 0, which is none.
    public func deadline(after duration: Duration) -> UInt64 {
        let sum = now().addingReportingOverflow(duration.nanoseconds)
        return sum.overflow ? .max : max(sum.partialValue, 1)
    }
}
