/// Which pages of a copy are known to be sound, as each record on them was seen to carry its seal: when it arrived, or
/// at a look since.
package struct SealLedger: Sendable {
    /// For each page, by its number in the bitmaps: how many of its records were ever written, or one of the below.
    private var pages: [UInt16]
    private static let unknown = UInt16.max
    /// Looked at, and a record on it lacks its seal. Who promotes looks again, and says which.
    private static let broken = UInt16.max - 1
    /// The newest epoch that any record was seen to have.
    package private(set) var newest: UInt64 = 0

    init(pageCount: Int) { pages = Array(repeating: Self.unknown, count: pageCount) }

    func isUnknown(_ page: Int) -> Bool { pages[page] == Self.unknown }
    package func isSound(_ page: Int) -> Bool { pages[page] < Self.broken }

    mutating func forget(_ page: Int) { pages[page] = Self.unknown }

    /// - Parameter image: what `page` of the table, from 0, holds; aligned to 8 bytes.
    mutating func look(_ table: TableLayout, _ page: Int, at image: UnsafeRawPointer, _ checksum: Checksum) {
        var isSound = true
        var written: UInt16 = 0
        var newest = newest
        PageImage.forEachSlot(of: table, onPage: page, at: image, checksum: checksum) { _, slot, isSealed in
            guard isSealed else { return isSound = false }
            let epoch = slot.load(fromByteOffset: 8, as: UInt64.self)
            if epoch != 0 { written += 1 }
            newest = max(newest, epoch)
        }
        pages[table.firstPage + page] = isSound ? written : Self.broken
        self.newest = newest
    }

    /// A sound record was put in its place on the page. What else is on the page stays as known as it was.
    ///
    /// - Parameters:
    ///   - epoch: 0 for a record that its source never wrote, where an older source was adopted.
    ///   - isFirst: nothing had been written there.
    mutating func put(on page: Int, epoch: UInt64, isFirst: Bool) {
        if isSound(page) { pages[page] = pages[page] &+ (epoch != 0 ? 1 : 0) &- (isFirst ? 0 : 1) }
        newest = max(newest, epoch)
    }

    /// How many records of the table's sound pages were ever written.
    func written(_ table: TableLayout) -> Int {
        pages.withUnsafeBufferPointer { pages in
            var count = 0
            for page in table.firstPage ..< table.firstPage + table.pageCount {
                count += pages[page] < Self.broken ? Int(pages[page]) : 0
            }
            return count
        }
    }

    /// A bit for each page that is sound. All bitmaps are of whole words.
    var sound: [UInt64] {
        pages.withUnsafeBufferPointer { pages in
            (0 ..< pages.count / 64).map { word in
                var bits: UInt64 = 0
                for bit in 0 ..< 64 where pages[word * 64 + bit] < Self.broken { bits |= 1 << UInt64(bit) }
                return bits
            }
        }
    }
}
