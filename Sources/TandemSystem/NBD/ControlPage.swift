package import TandemCore

/// The page behind a copy's end, as a standby's export shows it: what the server says of itself in band. Little endian.
///
///   0 magic   8 version   16 session of this connection   24 applied up to this journal position   32 last cut applied
///   48 flags (1: applies what arrives, 2: digests behind this page)   the rest is zero
///
/// Behind it a digest of each page of the bitmaps, worked out when it is read (`PageDigest`).
package struct ControlPage: Equatable, Sendable {
    package static let byteCount = 4096
    package static let magic: [UInt8] = Array("TANDEMSB".utf8)
    private static let version: UInt64 = 1
    package static let appliesArrivals: UInt64 = 1
    package static let hasDigests: UInt64 = 2

    package var session: UInt64 = 0
    /// Where the journal ends that stands in the tables. Position 0 and cut 0 while the tables are no whole cut, and
    /// while nobody applies.
    package var applied = JournalEnd(position: 0, cut: 0)
    package var flags: UInt64 = 0

    package init(session: UInt64) { self.session = session }

    /// Nil for bytes that are none.
    package init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount, bytes.starts(with: Self.magic) else { return nil }
        let words = bytes.withUnsafeBytes { raw in
            (1 ... 6).map { UInt64(littleEndian: raw.load(fromByteOffset: $0 * 8, as: UInt64.self)) }
        }
        guard words[0] == Self.version else { return nil }
        session = words[1]
        applied = JournalEnd(position: words[2], cut: words[3])
        flags = words[5]
    }

    package var bytes: [UInt8] {
        var bytes = Self.magic
        for word in [Self.version, session, applied.position, applied.cut, 0, flags] {
            withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
        }
        return bytes + [UInt8](repeating: 0, count: Self.byteCount - bytes.count)
    }

    /// Where it is behind a copy of so many bytes.
    package static func offset(behind copyBytes: Int) -> Int { (copyBytes + byteCount - 1) & ~(byteCount - 1) }

    /// Where the digests are behind a copy of so many bytes: room for as many pages as it can have, and for what each
    /// table's are rounded up to.
    package static func digests(behind copyBytes: Int) -> Range<Int> {
        let start = offset(behind: copyBytes) + byteCount
        let pages = copyBytes / FileLayout.pageBytes + 64 * FileLayout.tablesMax
        let bytes = pages * PageDigest.byteCount
        return start ..< start + (bytes + byteCount - 1) & ~(byteCount - 1)
    }
}
