internal import CTandemLayout

/// A read before the first write to a page of a mapped file: a read that has to bring a page brings its neighbours too,
/// a write brings that page alone.
package enum PageTouch {
    /// Bytes of a file that one read brings, as Linux is set by default.
    package static let broughtTogether = 64 << 10

    @inline(__always)
    package static func read(_ address: UnsafeRawPointer) { tandem_touch(address) }
}
