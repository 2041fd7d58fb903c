/// Memory that a process has for itself, without what it shares: a replicator maps its whole source.
enum MemoryUse {
    /// Not a number where the kernel does not say.
    static func mebibytes(ofProcess process: Int32) -> Double {
        let line = TextFile.lines("/proc/\(process)/status").first { $0.hasPrefix("RssAnon:") }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) }.map { $0 / 1024 }
            ?? .nan
    }
}
