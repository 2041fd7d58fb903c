internal import Glibc

/// The processor time of the calling thread: what a loop without system calls costs, however busy the machine is.
enum ThreadTime {
    /// Nanoseconds.
    static func now() -> UInt64 { read(CLOCK_THREAD_CPUTIME_ID) }

    /// That of all threads of this process.
    static func ofProcess() -> UInt64 { read(CLOCK_PROCESS_CPUTIME_ID) }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Nanoseconds of `body`, each of `count` times that it does its work.
    static func each(_ count: Int, _ body: () throws -> Void) rethrows -> Double {
        let start = now()
        try body()
        return Double(now() - start) / Double(count)
    }
}
