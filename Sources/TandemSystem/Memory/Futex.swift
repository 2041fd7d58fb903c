internal import CLinuxMemory
internal import Glibc

/// Sleeping on the low half of a word of shared memory, across processes.
package enum Futex {
    package enum Outcome: Sendable {
        /// Woken, interrupted, or the word had changed already: look again.
        case look
        case timedOut
    }

    /// Sleeps while the low 32 bits of `word` are `value`.
    ///
    /// - Parameter word: an aligned 64-bit word; little endian, so its low half comes first.
    package static func wait(
        word: UnsafeMutableRawPointer, whileLow32Equals value: UInt32, nanoseconds: UInt64
    ) -> Outcome {
        memory_wait(word.assumingMemoryBound(to: UInt32.self), value, nanoseconds) == -ETIMEDOUT ? .timedOut : .look
    }

    /// Wakes everybody who sleeps on `word`. Returns how many that were.
    @discardableResult
    package static func wakeAll(word: UnsafeMutableRawPointer) -> Int {
        Int(max(0, memory_wake_all(word.assumingMemoryBound(to: UInt32.self))))
    }
}
