/// Random access to a copy's bytes, for examining and recovering it. A file in production, memory in tests.
package protocol CopyBytes {
    var count: Int { get }
    /// Fills `destination` from `offset`. Throws when the range is not all there.
    func read(into destination: UnsafeMutableRawBufferPointer, at offset: Int) throws(CopyFailure)
    /// Writes all of `source` at `offset`.
    func write(_ source: UnsafeRawBufferPointer, at offset: Int) throws(CopyFailure)
    /// All of the bytes, where they are memory that nobody else writes and nobody cuts short: to be read and changed in
    /// place.
    var memory: UnsafeMutableRawBufferPointer? { get }
    /// The first part of `range` that may hold anything but zeros; nil when none may.
    func written(in range: Range<Int>) -> Range<Int>?
}

extension CopyBytes {
    package var memory: UnsafeMutableRawBufferPointer? { nil }
    package func written(in range: Range<Int>) -> Range<Int>? { range.isEmpty ? nil : range }
}
