import Glibc
import Tandem
import TandemCore

/// A file that is cut short while it is mapped takes the memory from under whoever touches it next, and so does a hole
/// in it that finds no room. The kernel ends that process. Nothing else can be done there, but it is said what has
/// happened, and what to do; and the runtime's backtrace, which would touch that memory again, is left out.
enum TruncationHandler {
    /// Made ready before it is needed: a signal's handler may not allocate.
    private struct Notice {
        var descriptor: Int32
        var byteCountMin: Int
        var words: [UInt8]
    }

    // Written before the handler is there that reads them.
    nonisolated(unsafe) private static var notice: Notice?
    nonisolated(unsafe) private static var otherwise: [UInt8] = []

    /// From now on this process ends in words, with status 2, when mapped memory is taken away.
    static func listen() {
        otherwise = Array(
            """
            tandem: memory behind a mapped file could not be had: the file was cut short, or its file system is full. \
            Look at the files that the command was given, and at the room where they are.\n
            """.utf8)
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in TruncationHandler.end() }
        sigaction(SIGBUS, &action, nil)
    }

    /// And names `source` when it is the one. One source a process.
    static func listen(for source: SourceDataFile) {
        let words =
            """
            tandem: \(source.path.shown): it was cut short while it was in use, and the memory behind it is gone. \
            Promote its copy; end all that still write here.\n
            """
        notice = Notice(
            descriptor: source.descriptor, byteCountMin: source.layout.tablesEnd, words: Array(words.utf8))
    }

    private static func end() {
        var status = stat()
        // By descriptor: under the name there may be nothing, or another file.
        let isSource = notice.map { fstat($0.descriptor, &status) == 0 && status.st_size < $0.byteCountMin } ?? false
        (isSource ? notice!.words : otherwise).withUnsafeBytes { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
        _exit(ExitStatus.cannot.rawValue)
    }
}
