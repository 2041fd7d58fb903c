import Glibc

/// Names of files that a target needs: this process's own, in memory.
enum FuzzScratch {
    /// In a folder that whoever started the fuzzer clears away, whatever becomes of it.
    static func path(_ name: String) -> String {
        let folder = getenv("TANDEM_FUZZ_SCRATCH").map { String(cString: $0) } ?? "/dev/shm"
        return "\(folder)/tandem-fuzz-\(getpid())-\(name)"
    }
}
