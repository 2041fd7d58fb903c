import Glibc
import Synchronization

/// Ctrl-C and its kin, noted and acted upon at the next opportunity, so that files and children are cleaned up.
enum Interruption {
    private static let noted = Atomic<Int32>(0)

    static var isRequested: Bool { noted.load(ordering: .relaxed) != 0 }

    /// What the shell is told of a process that a signal has ended.
    static var exitStatus: Int32 { 128 + (isRequested ? noted.load(ordering: .relaxed) : SIGPIPE) }

    /// From now on SIGINT, SIGTERM and SIGHUP only leave a note. A second Ctrl-C ends the process as usual.
    ///
    /// - Parameter survivesHangUp: SIGHUP is nothing to a process that runs without its terminal.
    static func listen(survivesHangUp: Bool = false) {
        // The handler must not be the first to touch the flag.
        noted.store(0, ordering: .relaxed)
        if survivesHangUp { signal(SIGHUP, SIG_IGN) }
        for number in survivesHangUp ? [SIGINT, SIGTERM] : [SIGINT, SIGTERM, SIGHUP] {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { Interruption.noted.store($0, ordering: .relaxed) }
            action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND))
            sigaction(number, &action, nil)
        }
    }
}
