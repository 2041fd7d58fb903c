/// Holding writers back, where a site would rather have them slower than its copy older. Bounds for both sides.
package enum Slowdown {
    /// The longest that one transaction is held back, in nanoseconds, whatever stands in shared memory.
    package static let delayMax: UInt64 = 50_000
    /// What the engine does not renew ends by itself: nobody is held back for one that has died.
    package static let goodFor: UInt64 = 100_000_000
}
