internal import Glibc
internal import Synchronization

/// Work on a thread of its own, for what waits: whoever began it may look now and then whether it has ended.
package final class DetachedThread: Sendable {
    private let name: String
    private let body: @Sendable () -> Void
    private let ended = Atomic(false)

    /// Nil where no thread is left: nothing was begun.
    ///
    /// - Parameter name: 15 bytes are shown.
    package init?(named name: String, _ body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self)
        let answer = pthread_create(
            &thread, nil,
            { raw in
                let own = Unmanaged<DetachedThread>.fromOpaque(raw!).takeRetainedValue()
                CurrentThread.name(own.name)
                own.body()
                own.ended.store(true, ordering: .releasing)
                return nil
            }, context.toOpaque())
        guard answer == 0 else {
            context.release()
            return nil
        }
        pthread_detach(thread)
    }

    /// What it has done is seen from then on.
    package var hasEnded: Bool { ended.load(ordering: .acquiring) }
}
