/// 64 bits that stand for what a page of a copy holds: the epoch and the payload of each record.
///
/// Two pages of different contents have equal digests once in 2⁶⁴. The seals are no part of it, as whoever compares has
/// just read the source's page and would have to make them first; but whoever works out a copy's digest looks at them:
/// a page with a record that has rotted is like no page of the source.
package enum PageDigest {
    /// What no page has: of this one nothing can be said.
    package static let none: UInt64 = 0

    /// Bytes of one where they are served: little endian.
    package static let byteCount = 8

    /// The digest of a page of a copy; `none` where a record does not carry its seal.
    package static func ofSealed(
        _ table: TableLayout, page: Int, at image: UnsafeRawPointer, checksum: Checksum
    ) -> UInt64 {
        var isWhole = true
        PageImage.forEachSlot(of: table, onPage: page, at: image, checksum: checksum) { if !$2 { isWhole = false } }
        return isWhole ? of(table, page: page, at: image) : none
    }

    /// The digest of an image, sealed or not.
    package static func of(_ table: TableLayout, page: Int, at image: UnsafeRawPointer) -> UInt64 {
        // Four words at once, as each multiplication waits for the one before; each in a register, as vectors have no
        // multiplication of 64 bits on every processor.
        var (lane0, lane1, lane2, lane3): (UInt64, UInt64, UInt64, UInt64) = (1, 2, 3, 4)
        var digest: UInt64 = 0
        let byteCount = table.payloadBytes &+ 8
        var record = image + 8
        for _ in 0 ..< table.records(onPage: page).count {
            var place = record
            let (rest, end) = (record + (byteCount & ~31), record + byteCount)
            while place < rest {
                lane0 = stir(lane0 ^ place.loadUnaligned(as: UInt64.self))
                lane1 = stir(lane1 ^ place.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                lane2 = stir(lane2 ^ place.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
                lane3 = stir(lane3 ^ place.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
                place += 32
            }
            while place < end {
                digest = stir(digest ^ word(place, min(8, end - place)))
                place += 8
            }
            digest = stir(digest &+ 1)
            record += table.slotBytes
        }
        digest = stir(stir(stir(stir(digest ^ lane0) ^ lane1) ^ lane2) ^ lane3)
        return digest == none ? 1 : digest
    }

    private static let factor: UInt64 = 0x9E37_79B9_7F4A_7C15

    @inline(__always)
    private static func stir(_ word: UInt64) -> UInt64 {
        let product = (word ^ word >> 29) &* factor
        return product ^ product >> 32
    }

    /// The rest of a record that is no whole word: zeros behind it.
    @inline(__always)
    private static func word(_ bytes: UnsafeRawPointer, _ count: Int) -> UInt64 {
        count == 8 ? bytes.loadUnaligned(as: UInt64.self) : partialWord(bytes, count)
    }

    @inline(never)
    private static func partialWord(_ bytes: UnsafeRawPointer, _ count: Int) -> UInt64 {
        var word: UInt64 = 0
        for place in 0 ..< count {
            word |= UInt64(bytes.load(fromByteOffset: place, as: UInt8.self)) << UInt64(place * 8)
        }
        return word
    }
}
