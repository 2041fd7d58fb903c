internal import CTandemLayout

/// What a tool asks of the replicator that runs: one tool at a time, by whoever holds the lock on its first byte.
///
/// Anybody may write here, as everywhere in shared memory: who reads it checks each word and each text.
package struct ReplicatorRequest {
    package enum Kind: UInt64, Sendable {
        /// Follow one copy more.
        case attach = 1
        /// Follow a copy no more; what it misses is remembered.
        case detach
        /// Give the block of a copy that nobody follows to whoever needs one.
        case forget
        /// Stop the writers, bring the last cut to a copy, and say so on it.
        case handOver
        /// The writers go on, once the copy says no more that the source stands still.
        case takeBack
    }

    package enum State: UInt64 { case nothing, asked, answered }

    private let base: UnsafeMutableRawPointer
    package init(base: UnsafeMutableRawPointer) { self.base = base }

    private static func offset(_ field: PartialKeyPath<tandem_request>) -> Int {
        MemoryLayout<tandem_request>.offset(of: field)!
    }
    private static let copyOffset = offset(\.copy)
    private static let errorOffset = offset(\.error)
    private static let nanosecondsOffset = offset(\.nanoseconds)
    private static let pathOffset = offset(\.path)
    private static let subjectOffset = offset(\.subject)
    private static let problemOffset = offset(\.problem)
    private static let remedyOffset = offset(\.remedy)
    private static let byteCount = MemoryLayout<tandem_request>.size

    /// Stored last, by either side, and read first: what it speaks of is whole before it is seen.
    package var state: SharedWord { base.word(at: 0) }
    package var kind: SharedWord { base.word(at: 8) }
    package var copy: SharedWord { base.word(at: Self.copyOffset) }
    package var error: SharedWord { base.word(at: Self.errorOffset) }
    package var nanoseconds: SharedWord { base.word(at: Self.nanosecondsOffset) }
    package var path: UnsafeMutableRawBufferPointer { text(Self.pathOffset, Self.subjectOffset) }
    package var subject: UnsafeMutableRawBufferPointer { text(Self.subjectOffset, Self.problemOffset) }
    package var problem: UnsafeMutableRawBufferPointer { text(Self.problemOffset, Self.remedyOffset) }
    package var remedy: UnsafeMutableRawBufferPointer { text(Self.remedyOffset, Self.byteCount) }

    private func text(_ start: Int, _ end: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: base + start, count: end - start)
    }

    /// A tool waits for an answer.
    package var isAsked: Bool {
        // Acquire: what is asked is read behind it.
        @inline(__always) get { state.loadAcquiring() == State.asked.rawValue }
    }
}

extension RuntimeArea {
    package var request: ReplicatorRequest { ReplicatorRequest(base: memory.base + layout.runtime.request) }
}
