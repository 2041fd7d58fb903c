/// Random access to a copy's bytes, for examining and recovering it. A file in production, memory in tests.
package protocol CopyBytes {
    var count: Int { get }
    /// Fills `destination` from `offset`. Throws when the range is not all there.
    func read(into destination: UnsafeMutableRawBufferPointer, at offset: Int) throws(CopyFailure)
    /// Writes all of `source` at `offset`.
    func write(_ source: UnsafeRawBufferPointer, at offset: Int) throws(CopyFailure)
}
