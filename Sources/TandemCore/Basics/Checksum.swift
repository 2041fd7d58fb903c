/// CRC-32C (Castagnoli) over bytes, as the process's platform computes it fastest.
///
/// Core links no C library; whoever starts it hands the function in.
package struct Checksum: Sendable {
    package typealias Function = @convention(c) (_ bytes: UnsafeRawPointer, _ count: Int, _ seed: UInt32) -> UInt32

    /// The checksums of `count` rows of `byteCount` bytes, each `stride` bytes behind the last. `sums` holds their
    /// seeds on the way in.
    package typealias Rows =
        @convention(c) (
            _ first: UnsafeRawPointer, _ stride: Int, _ byteCount: Int, _ count: Int,
            _ sums: UnsafeMutablePointer<UInt32>
        ) -> Void

    private let function: Function
    private let rows: Rows?

    /// - Parameters:
    ///   - function: continues from `seed`, so that bytes may come in pieces.
    ///   - rows: what `function` gives for each row, faster; nil where nothing is.
    package init(_ function: Function, rows: Rows? = nil) {
        self.function = function
        self.rows = rows
    }

    package func callAsFunction(_ bytes: UnsafeRawPointer, _ count: Int, seed: UInt32 = 0) -> UInt32 {
        function(bytes, count, seed)
    }

    package func callAsFunction(_ bytes: UnsafeRawBufferPointer, seed: UInt32 = 0) -> UInt32 {
        guard let base = bytes.baseAddress else { return seed }
        return function(base, bytes.count, seed)
    }

    /// The checksum of each row; `sums` holds their seeds on the way in.
    package func rows(
        _ first: UnsafeRawPointer, stride: Int, byteCount: Int, sums: UnsafeMutableBufferPointer<UInt32>
    ) {
        if let rows, let base = sums.baseAddress { return rows(first, stride, byteCount, sums.count, base) }
        for row in sums.indices { sums[row] = function(first + row * stride, byteCount, sums[row]) }
    }
}
