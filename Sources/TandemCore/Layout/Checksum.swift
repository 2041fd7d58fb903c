/// CRC-32C (Castagnoli) over bytes, as the process's platform computes it fastest.
///
/// Core links no C library; whoever starts it hands the function in.
public struct Checksum: Sendable {
    public typealias Function = @convention(c) (_ bytes: UnsafeRawPointer, _ count: Int, _ seed: UInt32) -> UInt32

    private let function: Function

    /// - Parameter function: continues from `seed`, so that bytes may come in pieces.
    public init(_ function: Function) { self.function = function }

    package func callAsFunction(_ bytes: UnsafeRawPointer, _ count: Int, seed: UInt32 = 0) -> UInt32 {
        function(bytes, count, seed)
    }

    package func callAsFunction(_ bytes: UnsafeRawBufferPointer, seed: UInt32 = 0) -> UInt32 {
        guard let base = bytes.baseAddress else { return seed }
        return function(base, bytes.count, seed)
    }
}

/// The checksum that a copy's record carries in place of its version: over table, index, epoch and payload, so
/// that rot, a torn sector and a misdirected write are all found.
///
/// Table and index go in as the seed. CRC is linear, so two seeds give two checksums whatever the bytes: a record found
/// at another index never matches.
///
/// - Parameter epochAndPayload: the 8-byte epoch and, right behind it, `payloadBytes` of payload.
package func recordSeal(
    table: Int, index: Int, epochAndPayload: UnsafeRawPointer, payloadBytes: Int, by checksum: Checksum
) -> UInt32 {
    let seed = UInt32(truncatingIfNeeded: index) &* 0x9E37_79B1 &+ UInt32(truncatingIfNeeded: table) &* 0x85EB_CA77
    return checksum(epochAndPayload, payloadBytes + 8, seed: seed)
}
