import Glibc
import Synchronization

/// Ctrl-C and its kin, noted and acted upon at the next opportunity, so that files and children are cleaned up.
enum Interruption {
    private static let noted = Atomic<Bool>(false)

    static var isRequested: Bool { noted.load(ordering: .relaxed) }

    /// From now on SIGINT, SIGTERM and SIGHUP only leave a note. A second Ctrl-C ends the process as usual.
    static func listen() {
        // The handler must not be the first to touch the flag.
        noted.store(false, ordering: .relaxed)
        for number in [SIGINT, SIGTERM, SIGHUP] {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { _ in Interruption.noted.store(true, ordering: .relaxed) }
            action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND))
            sigaction(number, &action, nil)
        }
    }
}
