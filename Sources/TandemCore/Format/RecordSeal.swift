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
    checksum(epochAndPayload, payloadBytes + 8, seed: recordSealSeed(table: table, index: index))
}

/// How many seals are made together where records follow each other: a processor works on four in the time of one, as
/// each waits for itself.
let recordSealRunMax = 32

/// What a record's seal begins with, where those of several records are made together.
func recordSealSeed(table: Int, index: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: index) &* 0x9E37_79B1 &+ UInt32(truncatingIfNeeded: table) &* 0x85EB_CA77
}
