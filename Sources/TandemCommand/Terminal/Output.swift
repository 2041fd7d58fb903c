import Glibc
import Synchronization

/// What becomes of a command whose output cannot be written.
///
/// A report that nobody gets is no success: the command ends with status 2, and where its reader has gone, as quietly
/// as the shell's own tools. One whose work is worth more than its words goes on without them.
enum Output {
    private static let goesOn = Atomic<Bool>(false)
    private static let failure = Atomic<Int32>(0)

    /// From now on this process outlives the reader of its output, and a disk that is full.
    static func isOptional() {
        signal(SIGPIPE, SIG_IGN)
        goesOn.store(true, ordering: .relaxed)
    }

    /// The kernel's number for what kept output from being written first; 0 for nothing.
    static var firstFailure: Int32 { failure.load(ordering: .relaxed) }
    /// Nobody reads it any more.
    static var hasNoReader: Bool { firstFailure == EPIPE }

    /// What was lost does not count: the work was done, as it was asked for.
    static func forgive() { failure.store(0, ordering: .relaxed) }

    /// All of it, in pieces that a pipe takes at once where it takes any: no buffer that a killed process would take
    /// along, and no wait that Ctrl-C does not end.
    static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        let start = Instant.now
        while !bytes.isEmpty {
            guard isReady(descriptor) else {
                // Its reader sleeps. Who has other work to do waits a second for it.
                if Interruption.isRequested || goesOn.load(ordering: .relaxed) && Instant.now - start > 1 { return }
                continue
            }
            let count = bytes.prefix(4096).withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                bytes = bytes.dropFirst(count)
            } else if errno != EINTR, errno != EAGAIN {
                return failed(errno, descriptor)
            }
        }
    }

    private static func isReady(_ descriptor: Int32) -> Bool {
        var wish = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&wish, 1, 100) > 0
    }

    private static func failed(_ number: Int32, _ descriptor: Int32) {
        // Errors that cannot be told are told to nobody.
        guard descriptor == STDOUT_FILENO else { return }
        _ = failure.compareExchange(expected: 0, desired: number, ordering: .relaxed)
        if !goesOn.load(ordering: .relaxed) { end() }
    }

    /// Ends the process as one whose output was lost.
    static func end() -> Never {
        // As SIGPIPE does, where whoever started this had not turned it off.
        if hasNoReader { exit(128 + SIGPIPE) }
        let reason = String(cString: strerror(firstFailure))
        Terminal.errors.say(
            """
            \(Terminal.errors.styled("tandem: ", .red))standard output: it cannot be written: \(reason). Give it \
            another place; what the command does was done, and is not told.
            """)
        exit(ExitStatus.cannot.rawValue)
    }
}
