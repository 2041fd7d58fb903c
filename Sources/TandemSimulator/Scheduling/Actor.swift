import CSimulation

/// Something that runs step by step: a writer, the engine, a recovery, a reader. Its body is production code on a stack
/// of its own.
final class Actor {
    let fiber: UnsafeMutablePointer<tandem_actor>
    let name: String
    private var body: (() -> Void)?

    init(_ name: String) {
        self.name = name
        fiber = tandem_actor_make()
    }

    deinit { tandem_actor_free(fiber) }

    /// Not run before this time.
    var wakes: UInt64 {
        get { fiber.pointee.wakes }
        set { fiber.pointee.wakes = newValue }
    }

    var isRunning: Bool { !fiber.pointee.finished }
    /// Killed: what its body still does has no effect on memory, and must have none elsewhere.
    var isGhost: Bool { fiber.pointee.ghost }

    func start(storeLimit: UInt32, at now: UInt64, _ body: @escaping () -> Void) {
        self.body = body
        wakes = now
        tandem_actor_start(
            fiber, { Unmanaged<Actor>.fromOpaque($0!).takeUnretainedValue().run() },
            Unmanaged.passUnretained(self).toOpaque())
        fiber.pointee.limit = storeLimit
    }

    private func run() {
        body?()
        // What it stored is seen by all once it has ended.
        if !isGhost { tandem_drain(fiber, fiber.pointee.count) }
    }

    /// Called by the body: lets others run until `time`.
    func sleep(until time: UInt64) {
        guard !isGhost else { return }
        wakes = time
        tandem_yield()
    }
}

extension Actor {
    /// Ends it from outside; what it would still have done is not done.
    func stop() { tandem_actor_kill(fiber) }
}
