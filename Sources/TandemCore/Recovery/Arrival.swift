/// What is known of a copy as it arrived: how far its journal stands in its tables, and which pages are sound. Said by
/// the standby that let it arrive to who promotes it, on the same host.
package struct Arrival: Sendable, Equatable {
    /// The source's life whose cuts were applied.
    package let generation: Generation
    /// The number of the newest slot that was written: whoever has written to the copy since has written another first.
    package let sequence: UInt64
    /// All cuts up to this one stand in the tables.
    package let end: JournalEnd
    /// When that cut was closed, by the wall clock; 0: not known.
    package let wallNanoseconds: UInt64
    /// The newest epoch that any record was seen to have.
    package let newest: UInt64
    /// What writers of a source share is zeros, as a copy leaves it and a source begins with.
    package let isBlank: Bool
    /// For each table: records on sound pages that were ever written.
    package let written: [Int]
    /// A bit for each page, by its number in the bitmaps, each record of which was seen to carry its seal.
    package let sound: [UInt64]

    package init(
        generation: Generation, sequence: UInt64, end: JournalEnd, wallNanoseconds: UInt64, newest: UInt64,
        isBlank: Bool, written: [Int], sound: [UInt64]
    ) {
        self.generation = generation
        self.sequence = sequence
        self.end = end
        self.wallNanoseconds = wallNanoseconds
        self.newest = newest
        self.isBlank = isBlank
        self.written = written
        self.sound = sound
    }

    package func isSound(_ table: TableLayout, page: Int) -> Bool {
        let number = table.firstPage + page
        return sound[number / 64] >> UInt64(number % 64) & 1 != 0
    }

    /// How many of some pages are sound, and the records on those.
    package func soundRecords(of table: TableLayout, on pages: Range<Int>) -> (pages: Int, records: Int) {
        var count = 0
        var page = pages.lowerBound
        while page < pages.upperBound {
            let number = table.firstPage + page
            let part = min(64 - number % 64, pages.upperBound - page)
            count += ((sound[number / 64] >> UInt64(number % 64)) << UInt64(64 - part)).nonzeroBitCount
            page += part
        }
        let last = table.pageCount - 1
        let isLast = pages.contains(last) && isSound(table, page: last)
        let missing = isLast ? table.recordsPerPage - table.records(onPage: last).count : 0
        return (count, count * table.recordsPerPage - missing)
    }

    /// Whether it speaks of a copy with this layout and this newest slot: of its life, of a place in its journal as
    /// long as that is, and of no cut before one that the slot calls whole.
    package func fits(_ layout: FileLayout, _ slot: StateSlot) -> Bool {
        slot.role == .consistent && generation == slot.generation && sequence == slot.sequence
            && written.count == layout.tables.count
            && sound.count == layout.runtime.wordCount && end.cut >= max(slot.cut, slot.tailCut) && newest <= end.cut
            && end.position &- slot.journalTail <= UInt64(layout.journalBytes)
    }
}

extension Arrival {
    private static let headWords = 10

    /// Little endian words: ten that say how long the rest is, then each table's count, then the bits.
    package var bytes: [UInt8] {
        let head = [
            generation.high, generation.low, sequence, end.position, end.cut, wallNanoseconds, newest, isBlank ? 1 : 0,
            UInt64(written.count),
            UInt64(sound.count),
        ]
        return (head + written.map { UInt64($0) } + sound).map(\.littleEndian).withUnsafeBytes { Array($0) }
    }

    /// Nil for bytes that are none.
    package init?(bytes: [UInt8]) {
        guard bytes.count % 8 == 0, bytes.count >= Self.headWords * 8 else { return nil }
        let words = bytes.withUnsafeBytes { raw in
            stride(from: 0, to: raw.count, by: 8).map {
                UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: $0, as: UInt64.self))
            }
        }
        let (tables, bits) = (words[8], words[9])
        guard words[7] <= 1, tables <= UInt64(FileLayout.tablesMax), bits <= UInt64(words.count),
            words.count == Self.headWords + Int(tables) + Int(bits),
            words[Self.headWords ..< Self.headWords + Int(tables)].allSatisfy({ $0 <= UInt64(UInt32.max) })
        else { return nil }
        self.init(
            generation: Generation(high: words[0], low: words[1]), sequence: words[2],
            end: JournalEnd(position: words[3], cut: words[4]), wallNanoseconds: words[5], newest: words[6],
            isBlank: words[7] == 1,
            written: words[Self.headWords ..< Self.headWords + Int(tables)].map { Int($0) },
            sound: Array(words.suffix(Int(bits))))
    }
}
