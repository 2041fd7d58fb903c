internal import Glibc
internal import Synchronization

/// Work on a thread of its own, for what waits: whoever began it looks now and then whether it has ended.
final class DetachedThread: Sendable {
    private let name: String
    private let body: @Sendable () -> Void
    private let ended = Atomic(false)

    /// - Parameter name: 15 bytes are shown.
    init(named name: String, _ body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self)
        let answer = pthread_create(
            &thread, nil,
            { raw in
                let own = Unmanaged<DetachedThread>.fromOpaque(raw!).takeRetainedValue()
                CurrentThread.name(own.name)
                own.run()
                return nil
            }, context.toOpaque())
        if answer != 0 {
            // No thread is left: then whoever wants it waits.
            context.release()
            run()
        } else {
            pthread_detach(thread)
        }
    }

    private func run() {
        body()
        ended.store(true, ordering: .releasing)
    }

    /// What it has done is seen from then on.
    var hasEnded: Bool { ended.load(ordering: .acquiring) }
}
