/// When a load's transactions are due.
enum Pace: Sendable, Equatable {
    /// As soon as those before have ended: a closed loop, so its rate by the clock is what counts.
    case fullSpeed
    /// Each at a moment fixed before the first begins, whatever becomes of it: an open loop.
    ///
    /// A delay counts from that moment. After a stall those that became due meanwhile come one after the other, each
    /// with the delay that a caller would have had. A load that only measured from each one's start would count a
    /// stall of 100 ms once, and leave out the thousands that had to wait for it (coordinated omission).
    case perSecond(Double)

    /// The moment of a batch. Nil: whenever it comes.
    @inline(__always)
    func due(_ batch: Int, of size: Int, from start: UInt64) -> UInt64? {
        guard case .perSecond(let rate) = self else { return nil }
        return start + UInt64(Double(batch * size) / rate * 1e9)
    }
}
