internal import Glibc

/// The clock that decides: never set, never jumps.
package enum MonotonicClock {
    /// Nanoseconds since some moment before this machine's processes; comparable between them.
    package static func now() -> UInt64 { nanoseconds(of: CLOCK_MONOTONIC) }
    /// The same, for who may not import this module. No system call: the kernel maps the clock.
    package static let read: @convention(c) () -> UInt64 = { now() }
}

/// The clock on the wall, for people only.
package enum WallClock {
    /// Nanoseconds since 1970.
    package static func now() -> UInt64 { nanoseconds(of: CLOCK_REALTIME) }
}

private func nanoseconds(of clock: Int32) -> UInt64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return UInt64(bitPattern: Int64(time.tv_sec)) &* 1_000_000_000 &+ UInt64(bitPattern: Int64(time.tv_nsec))
}
