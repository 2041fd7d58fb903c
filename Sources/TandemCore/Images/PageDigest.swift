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
        // Four chains at once, as each product waits for the one before. Each in a register, as vectors have no
        // multiplication of 64 bits on every processor.
        var (lane0, lane1, lane2, lane3) = seeds
        var digest: UInt64 = 0
        let byteCount = table.payloadBytes &+ 8
        var record = image + 8
        for _ in 0 ..< table.records(onPage: page).count {
            var (place, left) = (record, byteCount)
            while left >= 64 {
                lane0 = fold(lane0, place)
                lane1 = fold(lane1, place + 16)
                lane2 = fold(lane2, place + 32)
                lane3 = fold(lane3, place + 48)
                (place, left) = (place + 64, left &- 64)
            }
            if left >= 16 { lane0 = fold(lane0, place) }
            if left >= 32 { lane1 = fold(lane1, place + 16) }
            if left >= 48 { lane2 = fold(lane2, place + 32) }
            (place, left) = (place + (left & ~15), left & 15)
            if left >= 8 {
                digest = stir(digest ^ place.loadUnaligned(as: UInt64.self))
                (place, left) = (place + 8, left &- 8)
            }
            if left > 0 { digest = stir(digest ^ partialWord(place, left)) }
            digest = stir(digest &+ 1)
            record += table.slotBytes
        }
        digest = stir(stir(stir(stir(digest ^ lane0) ^ lane1) ^ lane2) ^ lane3)
        return digest == none ? 1 : digest
    }

    private static let factor: UInt64 = 0x9E37_79B9_7F4A_7C15
    // Drawn once, as no record is likely to hold them.
    private static let key: UInt64 = 0xB3C9_51E2_6F8D_04A7
    private static let seeds: (UInt64, UInt64, UInt64, UInt64) = (
        0x5D1F_A3C8_972B_E641, 0xE70B_264D_18F5_9AC3, 0x26A9_8E57_D3C4_1B7F, 0x91F4_7C3A_0B6E_D825
    )

    @inline(__always)
    private static func stir(_ word: UInt64) -> UInt64 {
        let product = (word ^ word >> 29) &* factor
        return product ^ product >> 32
    }

    /// Takes 16 bytes into a lane: both halves of one product, which is twice as many bytes for a multiplication as
    /// `stir` takes. A product of zero hides one factor, so both are added as well.
    @inline(__always)
    private static func fold(_ lane: UInt64, _ bytes: UnsafeRawPointer) -> UInt64 {
        let first = lane ^ bytes.loadUnaligned(as: UInt64.self)
        let second = key ^ bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        let (high, low) = first.multipliedFullWidth(by: second)
        return (high ^ low) &+ ((first << 32 | first >> 32) ^ second)
    }

    /// What is left of a record that is no whole word: zeros behind it.
    @inline(never)
    private static func partialWord(_ bytes: UnsafeRawPointer, _ count: Int) -> UInt64 {
        var word: UInt64 = 0
        for place in 0 ..< count {
            word |= UInt64(bytes.load(fromByteOffset: place, as: UInt8.self)) << UInt64(place * 8)
        }
        return word
    }
}
