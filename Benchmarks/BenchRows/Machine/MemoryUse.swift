/// What the kernel says of memory.
enum MemoryUse {
    /// What programs can still have, without the page cache that can be given up; nil where the kernel does not say.
    static var availableBytes: Int? {
        kibibytes("MemAvailable:", in: "/proc/meminfo").map { $0 << 10 }
    }

    /// Memory that a process has for itself, without what it shares: a replicator maps its whole source.
    /// Not a number where the kernel does not say.
    static func mebibytes(ofProcess process: Int32) -> Double {
        kibibytes("RssAnon:", in: "/proc/\(process)/status").map { Double($0) / 1024 } ?? .nan
    }

    /// As in `RssAnon:    1234 kB`.
    private static func kibibytes(_ name: String, in file: String) -> Int? {
        let line = TextFile.lines(file).first { $0.hasPrefix(name) }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
    }
}
