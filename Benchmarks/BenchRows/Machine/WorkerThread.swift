internal import Glibc
internal import TandemSystem

/// A thread of its own for one measured loop, on one processor; the bench's main thread stays where the scheduler
/// likes.
final class WorkerThread {
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private var thread = pthread_t()

    init(cpu: Int?, _ body: @escaping @Sendable () -> Void) {
        let boxed = Body {
            if let cpu { CurrentThread.pin(toCPU: cpu) }
            body()
        }
        let answer = pthread_create(
            &thread, nil,
            { raw in
                Unmanaged<Body>.fromOpaque(raw!).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(boxed).toOpaque())
        precondition(answer == 0, "pthread_create: \(answer)")
    }

    /// While it runs. Nil where the kernel does not say.
    var processorSeconds: Double? {
        var clock = clockid_t()
        var time = timespec()
        guard pthread_getcpuclockid(thread, &clock) == 0, clock_gettime(clock, &time) == 0 else { return nil }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    func join() { pthread_join(thread, nil) }

    /// Runs `body` on such a thread, and waits for it.
    static func run<Value: Sendable>(cpu: Int?, _ body: @escaping @Sendable () throws -> Value) throws -> Value {
        let result = Answer<Value>()
        WorkerThread(cpu: cpu) { result.value = Result { try body() } }.join()
        return try result.value!.get()
    }

    /// Runs `body` on so many threads at once, each with its number, and waits for all.
    static func all<Value: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Value) throws -> [Value]
    {
        let results = (0 ..< count).map { _ in Answer<Value>() }
        let threads = results.enumerated().map { number, result in
            WorkerThread(cpu: nil) { result.value = Result { try body(number) } }
        }
        for thread in threads { thread.join() }
        return try results.map { try $0.value!.get() }
    }

    /// Written before the thread ends, read after it has been joined.
    private final class Answer<Value>: @unchecked Sendable {
        var value: Result<Value, any Error>?
    }
}
