internal import CLinuxMemory

/// SIGXFSZ: a write past RLIMIT_FSIZE kills the process unless somebody minds it. Tandem wants the error instead. A
/// handler that the program has set stays.
enum FileSizeSignal {
    static let ignored: Void = file_size_signal_ignore()
}
