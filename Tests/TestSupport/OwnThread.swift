internal import Glibc
import Synchronization

/// A thread of a test's own, for what must not wait for a place in the pool that tests run on.
package final class OwnThread: Sendable {
    private let body: @Sendable (OwnThread) -> Void
    private let stopping = Atomic(false)
    private let ended = Atomic(false)

    /// - Parameter body: returns soon after `isStopping`.
    package init(_ body: @escaping @Sendable (OwnThread) -> Void) {
        self.body = body
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { raw in
                let own = Unmanaged<OwnThread>.fromOpaque(raw!).takeRetainedValue()
                own.body(own)
                own.ended.store(true, ordering: .releasing)
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        pthread_detach(thread)
    }

    package var isStopping: Bool { stopping.load(ordering: .relaxed) }

    /// Returns when the body has.
    package func stop() {
        stopping.store(true, ordering: .relaxed)
        while !ended.load(ordering: .acquiring) { usleep(100) }
    }
}
