internal import CLinuxMemory
package import TandemCore

/// CRC-32C by ISA-L, with the processor's own instructions where it has them; of several short rows by these, four at a
/// time.
package enum LinuxChecksum {
    package static let crc32c = Checksum(
        { memory_crc32c($0, $1, $2) }, rows: { memory_crc32c_rows($0, $1, $2, $3, $4) })
}
