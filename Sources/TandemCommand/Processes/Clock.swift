import Glibc

/// Monotonic time in nanoseconds; comparable between processes of one machine.
struct Instant: Comparable {
    let nanoseconds: UInt64

    static var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    }

    static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }
    static func + (instant: Instant, seconds: Double) -> Instant {
        Instant(nanoseconds: instant.nanoseconds &+ UInt64(max(seconds, 0) * 1e9))
    }
    /// Seconds from `start` to `end`; 0 when it lies behind.
    static func - (end: Instant, start: Instant) -> Double {
        end < start ? 0 : Double(end.nanoseconds - start.nanoseconds) / 1e9
    }

    /// Sleeps until this instant; at once when it has passed. A signal ends it early.
    func sleep() {
        var time = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        clock_nanosleep(CLOCK_MONOTONIC, Int32(TIMER_ABSTIME), &time, nil)
    }

    static func sleep(seconds: Double) { (now + seconds).sleep() }
}
