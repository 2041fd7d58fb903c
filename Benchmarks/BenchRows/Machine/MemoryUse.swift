/// What the kernel says of memory.
enum MemoryUse {
    /// What programs can still have, without the page cache that can be given up; nil where the kernel does not say.
    static var availableBytes: Int? {
        let line = TextFile.lines("/proc/meminfo").first { $0.hasPrefix("MemAvailable:") }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 << 10 }
    }

    /// Memory that a process has for itself, without what it shares: a replicator maps its whole source.
    /// Not a number where the kernel does not say.
    static func mebibytes(ofProcess process: Int32) -> Double {
        let line = TextFile.lines("/proc/\(process)/status").first { $0.hasPrefix("RssAnon:") }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) }.map { $0 / 1024 }
            ?? .nan
    }
}
