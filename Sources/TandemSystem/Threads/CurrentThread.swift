internal import CLinuxNUMA

/// The calling thread's place and name.
package enum CurrentThread {
    /// The number by which `top`, `gdb` and `/proc` know it.
    package static var number: UInt64 { UInt64(UInt32(bitPattern: placement_thread_number())) }

    /// Runs on this processor only from now on.
    @discardableResult
    package static func pin(toCPU cpu: Int) -> NUMA.Outcome {
        guard let number = Int32(exactly: cpu) else { return .unavailable(reason: "there is no processor \(cpu)") }
        return NUMA.outcome(placement_pin_to_cpu(number), invalid: "there is no processor \(cpu) for this process")
    }

    /// Runs on the processors of this node only from now on.
    @discardableResult
    package static func pin(nearNode node: Int) -> NUMA.Outcome {
        guard let number = Int32(exactly: node) else { return .unavailable(reason: "there is no memory node \(node)") }
        return NUMA.outcome(placement_pin_near_node(number), invalid: "there is no memory node \(node)")
    }

    /// Runs on this processor no more, where it may use another.
    package static func avoid(cpu: Int) { if let number = Int32(exactly: cpu) { _ = placement_avoid_cpu(number) } }

    /// Runs on any processor again, as threads do that it makes.
    package static func useAllProcessors() { _ = placement_use_all_cpus() }

    /// The one processor that it may run on; nil where there are several.
    package static var pinnedCPU: Int? { processorCount == 1 ? Int(placement_current_cpu()) : nil }

    /// The processors that it may run on; nil where the kernel does not say.
    package static var allowed: AllowedCPUs? {
        var cpus = placement_cpus()
        return placement_allowed_cpus(&cpus) == 0 ? AllowedCPUs(cpus) : nil
    }

    /// Runs on these from now on, but not on `avoided`.
    package static func run(on allowed: AllowedCPUs, avoiding avoided: Int?) {
        withUnsafePointer(to: allowed.cpus) { _ = placement_run_on($0, avoided.flatMap { Int32(exactly: $0) } ?? -1) }
    }

    /// How many processors it may run on.
    package static var processorCount: Int { Int(placement_cpu_count()) }

    /// Gets a tenth of what another thread gets that wants the same processor, from now on.
    package static func giveWay() { _ = placement_give_way() }

    /// Its naps end when they are over. By default the kernel adds up to 50 µs, to end several at once: more than a
    /// whole cut takes.
    package static func endNapsInTime() { _ = placement_set_timer_slack(1) }

    /// Names it in `top` and in core dumps; 15 bytes are shown.
    package static func name(_ name: String) { _ = placement_name_thread(name) }
}

/// Processors that a thread may run on, for another one that it makes later, when it may be pinned to one of them.
package struct AllowedCPUs: Sendable {
    fileprivate let cpus: placement_cpus
    fileprivate init(_ cpus: placement_cpus) { self.cpus = cpus }
}
