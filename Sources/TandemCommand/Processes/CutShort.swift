import Glibc
import Tandem
import TandemCore

/// A source that is cut short while it is in use takes the memory from under whoever touches it next, and the kernel
/// ends that process. Nothing else can be done there, but it is said what has happened, and what to do.
enum CutShort {
    /// Made ready before it is needed: a signal's handler may not allocate.
    private struct Notice {
        var path: UnsafeMutablePointer<CChar>
        var byteCountMin: Int
        var words: [UInt8]
    }

    // Written once, before the handler is there that reads it.
    nonisolated(unsafe) private static var notice: Notice?
    nonisolated(unsafe) private static var handlerBefore = sigaction()

    /// From now on this process ends in words when `source` is cut short under it. One source a process.
    static func listen(for source: SourceDataFile) {
        let words =
            """
            tandem: \(source.path): it was cut short while it was in use, and the memory behind it is gone. Promote \
            its copy; end all that still write here.\n
            """
        notice = Notice(
            path: strdup(source.path), byteCountMin: source.layout.tablesEnd, words: Array(words.utf8))
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in CutShort.end() }
        sigaction(SIGBUS, &action, &handlerBefore)
    }

    private static func end() {
        var status = stat()
        guard let notice, stat(notice.path, &status) == 0, status.st_size < notice.byteCountMin else {
            // Something else: it happens again when this returns, to whoever handled it before.
            sigaction(SIGBUS, &handlerBefore, nil)
            return
        }
        notice.words.withUnsafeBytes { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
        _exit(ExitStatus.cannot.rawValue)
    }
}
