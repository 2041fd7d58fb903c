internal import Glibc
internal import TandemSystem

/// What a thread or process has used of processors: for what replication costs, never for how long anything took.
enum ProcessorTime {
    /// Nanoseconds that the calling thread has used.
    static func ofThread() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// What all threads of `process` have used. Nil where the kernel keeps no such account.
    static func seconds(ofProcess process: Int32) -> Double? {
        let threads = FolderNames.list("/proc/\(process)/task")
        let times = threads.compactMap { thread in
            TextFile.lines("/proc/\(process)/task/\(thread)/schedstat").first?.split(separator: " ").first
                .flatMap { Double($0) }
        }
        return times.isEmpty ? nil : times.reduce(0, +) / 1e9
    }
}

/// Time by the clock, which goes on while a program sleeps or waits.
enum Clock {
    /// Nanoseconds of `body`, each of `count` times that it does its work.
    static func each(_ count: Int, _ body: () throws -> Void) rethrows -> Double {
        let start = MonotonicClock.now()
        try body()
        return Double(MonotonicClock.now() - start) / Double(count)
    }

    static func seconds(_ body: () throws -> Void) rethrows -> Double { try each(1, body) / 1e9 }
}
