import Glibc
import Synchronization

/// Something that is so from some moment on, told from one thread to another.
final class Flag: Sendable {
    private let word = Atomic(false)

    var isUp: Bool { word.load(ordering: .sequentiallyConsistent) }
    func raise() { word.store(true, ordering: .sequentiallyConsistent) }

    /// Five seconds at most.
    func wait() { for _ in 0 ..< 50_000 where !isUp { usleep(100) } }
}
