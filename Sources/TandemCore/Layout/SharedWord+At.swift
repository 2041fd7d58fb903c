extension UnsafeMutableRawPointer {
    /// The shared word `offset` bytes on.
    @inlinable @inline(__always)
    public func word(at offset: Int) -> SharedWord { SharedWord(self + offset) }
}
