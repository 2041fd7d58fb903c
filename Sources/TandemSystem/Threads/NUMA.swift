internal import CLinuxNUMA
internal import Glibc

/// Where a source's pages shall lie.
package enum MemoryPlacement: Sendable, Equatable {
    /// The kernel's choice: near whoever touches a page first.
    case automatic
    /// On this node while it has room, then elsewhere.
    case node(Int)
    /// On all nodes in turn.
    case interleaved
}

/// Memory nodes and processors. On a machine with one node, or where policies are forbidden, nothing happens and the
/// answer says why: placement makes things faster, never right.
package enum NUMA {
    package enum Outcome: Sendable, Equatable {
        case placed
        case unavailable(reason: String)

        package var problem: String? {
            if case .unavailable(let reason) = self { reason } else { nil }
        }
    }

    /// Nodes with memory that this process may use; at least 1.
    package static let nodeCount = Int(placement_node_count())

    /// The node of the processor that the calling thread runs on at this moment.
    package static var currentNode: Int { Int(placement_current_node()) }

    package static func place(
        memory: UnsafeMutableRawPointer, byteCount: Int, _ placement: MemoryPlacement
    ) -> Outcome {
        switch placement {
        case .automatic: .unavailable(reason: "left to the kernel")
        case .node(let node): bind(memory: memory, byteCount: byteCount, node: node)
        case .interleaved: interleave(memory: memory, byteCount: byteCount)
        }
    }

    /// Pages of the range that are not there yet will come from `node`, and from others only when it is full.
    package static func bind(memory: UnsafeMutableRawPointer, byteCount: Int, node: Int) -> Outcome {
        guard let number = Int32(exactly: node) else { return .unavailable(reason: "there is no memory node \(node)") }
        return outcome(placement_prefer_node(memory, byteCount, number), invalid: "there is no memory node \(node)")
    }

    package static func interleave(memory: UnsafeMutableRawPointer, byteCount: Int) -> Outcome {
        guard nodeCount > 1 else { return .unavailable(reason: "this machine has one memory node") }
        return outcome(placement_interleave(memory, byteCount), invalid: "the range is not mapped")
    }

    static func outcome(_ answer: Int32, invalid: String) -> Outcome {
        switch -answer {
        case 0: .placed
        case EINVAL: .unavailable(reason: invalid)
        case ENOSYS: .unavailable(reason: "this kernel has no memory policies")
        case EPERM: .unavailable(reason: "a seccomp filter forbids memory policies")
        case let error: .unavailable(reason: String(cString: strerror(error)))
        }
    }
}
