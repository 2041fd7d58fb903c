internal import CLinuxMemory
internal import Glibc

/// The engine's half of the fences that writers do without.
package enum MemoryBarrier {
    package enum Mode: Sendable, Equatable {
        /// One call of the engine orders every running thread of every registered process.
        case membarrier
        /// The kernel has no such call, for this reason: every writer must use full fences.
        case fence(reason: String)
    }

    /// Registers this process, once. Every process asks before it attaches; one that gets `.fence` must not write to a
    /// source whose writers rely on `membarrier`.
    package static let mode: Mode = {
        let answer = memory_barrier_register()
        if answer >= 0 { return .membarrier }
        return .fence(
            reason: answer == -EPERM
                ? "a seccomp filter forbids membarrier" : "this kernel has no global expedited membarrier")
    }()

    /// Orders what this thread did before against what all writers do: after it, each has either seen the stores made
    /// before the call, or its own earlier stores are seen by the loads made after it.
    package static let issue: @convention(c) () -> Void =
        mode == .membarrier ? { memory_barrier_issue() } : { memory_fence() }
}
