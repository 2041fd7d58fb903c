import Glibc

/// Ties a process to the one that started it: standard input is a pipe whose other end only the parent holds, and when
/// that end closes, however the parent went, the child goes too.
enum ParentWatch {
    static func hold() {
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { _ in
                var byte: UInt8 = 0
                while true {
                    let count = read(STDIN_FILENO, &byte, 1)
                    if count == 0 || (count < 0 && errno != EINTR) { _exit(ExitStatus.found.rawValue) }
                }
            }, nil)
        pthread_detach(thread)
    }
}
