/// The 16 bytes before a record's payload: `version:48 | owner:16`, and the epoch of its last committed change.
///
/// Version and owner share one word on purpose: with two, a reader can see a new version under an old owner.
@frozen public struct RecordHeader {
    @usableFromInline let base: UnsafeMutableRawPointer

    @inlinable @inline(__always) public init(base: UnsafeMutableRawPointer) { self.base = base }

    @inlinable @inline(__always) var lockWord: SharedWord { SharedWord(base, at: 0) }
    @inlinable @inline(__always) var epoch: SharedWord { SharedWord(base, at: 8) }
    @inlinable @inline(__always) var payload: UnsafeMutableRawPointer { base + 16 }

    /// 0 = unlocked.
    @inlinable @inline(__always) static func owner(_ lockWord: UInt64) -> UInt64 { lockWord & 0xFFFF }

    /// The next version, unlocked. Rolled-back changes get a new version too: else a reader could see the same word
    /// before and after a change came and went, and believe what it read in between.
    @inlinable @inline(__always) static func unlocked(after lockWord: UInt64) -> UInt64 {
        (lockWord | 0xFFFF) &+ 1
    }
}
