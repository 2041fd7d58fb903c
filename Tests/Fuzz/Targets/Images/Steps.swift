#if TANDEM_SIMULATED
    import CSimulation
#endif

/// Counts the accesses to shared memory of what runs within `watch`, and may interrupt it after any of them. Without
/// the simulator's Core there is nothing to count, and an interruption comes before the first access.
final class Steps {
    /// Called when `rest` accesses are over; says after how many more it wants to be called again.
    var interrupt: () -> Int = { .max }
    private(set) var count = 0

    #if TANDEM_SIMULATED
        private var watcher: UnsafeMutablePointer<tandem_actor>?

        /// - Parameter rest: accesses before the first interruption.
        func watch<Result>(rest: Int = .max, _ body: () -> Result) -> Result {
            if watcher == nil {
                watcher = tandem_watcher_make(
                    { Unmanaged<Steps>.fromOpaque($0!).takeUnretainedValue().ask() },
                    Unmanaged.passUnretained(self).toOpaque())
            }
            tandem_watch(watcher, Int64(rest))
            defer { count = Int(tandem_watch_end()) }
            return body()
        }

        private func ask() { watcher!.pointee.budget = Int64(interrupt()) }
    #else
        func watch<Result>(rest: Int = .max, _ body: () -> Result) -> Result {
            var rest = rest
            while rest < .max { rest = interrupt() }
            return body()
        }
    #endif
}
