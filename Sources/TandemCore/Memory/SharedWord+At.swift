extension SharedWord {
    /// The word `offset` bytes behind `base`.
    @inlinable @inline(__always)
    public init(_ base: UnsafeMutableRawPointer, at offset: Int) { self.init(base + offset) }
}

extension UnsafeMutableRawPointer {
    /// The shared word `offset` bytes on.
    @inline(__always)
    package func word(at offset: Int) -> SharedWord { SharedWord(self, at: offset) }
}
