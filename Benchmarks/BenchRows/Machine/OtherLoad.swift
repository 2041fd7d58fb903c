internal import Glibc
internal import TandemSystem

/// What others took of the processors while a row ran.
public struct OtherLoad: Sendable, Codable {
    /// Processors' time that other programs had, as a share of one processor.
    public let programs: Double
    /// What the host of a virtual machine gave to somebody else, as a share of one processor.
    public let stolen: Double

    package init(programs: Double, stolen: Double) {
        self.programs = programs
        self.stolen = stolen
    }

    /// A share of one processor that disturbs no median.
    static let tolerated = 0.1

    package var warning: String? {
        guard programs > Self.tolerated || stolen > Self.tolerated else { return nil }
        return """
            the machine was not quiet: other programs took \(shortNumber(programs * 100)) % of a processor and the \
            host \(shortNumber(stolen * 100)) %, so these figures are theirs as well
            """
    }
}

extension OtherLoad {
    /// Watches for so long, and says what is wrong with the machine. Nil where it is quiet.
    public static func warning(watching seconds: Double) -> String? {
        let watch = LoadWatch()
        usleep(UInt32(seconds * 1e6))
        return watch.load()?.warning
    }
}

/// Tells other programs' load from the bench's own, by what the kernel has accounted for.
struct LoadWatch {
    private let start = Reading()

    /// All children of the bench have to be gone: those that run are not counted as its own yet.
    func load() -> OtherLoad? {
        let end = Reading()
        guard end.time > start.time, let busy = end.busy, let busyBefore = start.busy else { return nil }
        let seconds = Double(end.time - start.time) / 1e9
        let others = (busy - busyBefore) - (end.own - start.own)
        return OtherLoad(programs: max(0, others / seconds), stolen: max(0, (end.stolen - start.stolen) / seconds))
    }

    private struct Reading {
        let time = MonotonicClock.now()
        /// Seconds of all processors together, and those of this process and of its children that have ended.
        let busy: Double?
        let stolen: Double
        let own: Double

        init() {
            let words = TextFile.lines("/proc/stat").first?.split(separator: " ").dropFirst().compactMap { Double($0) }
            let hertz = Double(sysconf(Int32(_SC_CLK_TCK)))
            // user, nice, system, idle, iowait, irq, softirq, steal.
            busy = words.flatMap { $0.count < 8 ? nil : ($0[0] + $0[1] + $0[2] + $0[5] + $0[6]) / hertz }
            stolen = words.flatMap { $0.count < 8 ? nil : $0[7] / hertz } ?? 0
            own = Self.seconds(RUSAGE_SELF.rawValue) + Self.seconds(RUSAGE_CHILDREN.rawValue)
        }

        private static func seconds(_ whose: __rusage_who_t) -> Double {
            var usage = rusage()
            getrusage(whose, &usage)
            return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
        }
    }
}
