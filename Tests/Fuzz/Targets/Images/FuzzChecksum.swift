internal import CLinuxMemory
import TandemCore

/// The product's own.
let fuzzChecksum = Checksum({ memory_crc32c($0, $1, $2) }, rows: { memory_crc32c_rows($0, $1, $2, $3, $4) })

extension UnsafeMutableRawBufferPointer {
    /// Makes a structure's last word, its checksum, true: over `count` bytes from `start`.
    func sealStructure(at start: Int, _ count: Int) {
        let place = Place(start + count - 4, 4)
        store(0, at: place)
        store(UInt64(fuzzChecksum(UnsafeRawPointer(baseAddress! + start), count)), at: place)
    }

    /// The identity's checksum stands before the tables.
    func sealIdentity() {
        store(0, at: IdentityPlaces.checksum)
        store(UInt64(fuzzChecksum(UnsafeRawPointer(baseAddress!), Identity.byteCount)), at: IdentityPlaces.checksum)
    }
}
