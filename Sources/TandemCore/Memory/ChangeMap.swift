internal import CTandemLayout

/// Which records of a page may have changed: a byte for each 256 bytes of a page, 16 for each page. A page's dirty bit
/// says that it has to be read, its bytes say where.
///
/// A byte names the records whose slots begin in its part of the page. One too many costs a look at them; one too few
/// loses a change. So it is set before the bit, and taken only behind a window's barrier: see *the map says where to
/// look* in `docs/internals/cut.md`.
@frozen public struct ChangeMap: @unchecked Sendable {
    @usableFromInline let bytes: UnsafeMutableRawPointer

    @usableFromInline init(bytes: UnsafeMutableRawPointer) { self.bytes = bytes }

    public static var bytesPerPage: Int { @inlinable @inline(__always) get { 16 } }
    @inlinable static var partBits: Int { @inline(__always) get { 8 } }

    /// Names the record whose slot begins at `slotOffset`, whatever stands there already: a look that found the byte
    /// set would spare the store, and the capture that takes the byte meanwhile finds no lock yet.
    @inlinable @inline(__always)
    func note(_ page: Int, slotOffset: Int) {
        let part = (slotOffset &>> Self.partBits) & (Self.bytesPerPage &- 1)
        // Release: the record is locked before it is named, seen by a capture that takes the byte.
        SharedByte(bytes + (page &* Self.bytesPerPage &+ part)).storeReleasing(1)
    }

    /// Names every record of a page.
    package func noteAll(_ page: Int) {
        // Plain: what a writer stores here meanwhile is a 1 as well.
        for offset in [0, 8] { word(page, offset).store(0x0101_0101_0101_0101) }
    }

    package func noteAll(_ word: PageWord) {
        var bits = word.bits
        while bits != 0 {
            noteAll(word.index << 6 | bits.trailingZeroBitCount)
            bits &= bits &- 1
        }
    }

    /// What was named since the last time, which is named no more.
    ///
    /// A full barrier where anything is: the byte is taken before a header that it names is looked at, against a writer
    /// that locks first.
    @inline(__always)
    func take(_ page: Int) -> PageParts {
        let low = word(page, 0)
        let high = word(page, 8)
        // Looked at first, as an exchange takes twenty cycles, and most words of random changes are zero.
        return PageParts(low.load() == 0 ? 0 : low.takeAll(), high.load() == 0 ? 0 : high.takeAll())
    }

    /// What is named now, and stays so: a byte that is never cleared hides nothing.
    @inline(__always)
    func look(_ page: Int) -> PageParts { PageParts(word(page, 0).load(), word(page, 8).load()) }

    /// Asks for the bytes of these pages, which are about to be taken.
    @inline(__always)
    func prefetch(_ pages: PageWord) {
        var bits = pages.bits
        while bits != 0 {
            tandem_prefetch_for_writing(bytes + (pages.index << 6 | bits.trailingZeroBitCount) * Self.bytesPerPage)
            bits &= bits &- 1
        }
    }

    @inline(__always)
    private func word(_ page: Int, _ offset: Int) -> SharedWord {
        SharedWord(bytes, at: page &* Self.bytesPerPage &+ offset)
    }
}

/// Parts of a page, 256 bytes each, as a bit each.
struct PageParts: Equatable {
    private(set) var bits: UInt16

    /// Any byte but zero counts, as anybody may have written here. Of a page that is taken and of which nothing is
    /// named, everything is: somebody has written zeros over its bytes, or a transaction that was undone has left its
    /// mark behind the look at its byte.
    @inline(__always)
    init(_ low: UInt64, _ high: UInt64) {
        let named = Self.gather(low) | Self.gather(high) << 8
        bits = named == 0 ? 0xFFFF : UInt16(truncatingIfNeeded: named)
    }

    @inline(__always)
    var first: Int? { bits == 0 ? nil : bits.trailingZeroBitCount }

    @inline(__always)
    mutating func removeFirst() { bits &= bits &- 1 }

    /// A bit for each byte that is not zero.
    @inline(__always)
    private static func gather(_ word: UInt64) -> UInt32 {
        let low: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
        let high = (((word & low) &+ low) | word) & ~low
        return UInt32(truncatingIfNeeded: (high &>> 7 &* 0x0102_0408_1020_4080) &>> 56)
    }

    /// The records of `table` whose slots begin in part `part`, counted from the page's first.
    @inline(__always)
    static func records(of table: TableLayout, in part: Int) -> Range<Int> {
        let slot = UInt32(truncatingIfNeeded: table.slotBytes)
        let start = UInt32(truncatingIfNeeded: part) &<< 8
        let lower = Int((start &+ slot &- 1) / slot)
        return lower ..< max(lower, Int((start &+ 256 &+ slot &- 1) / slot))
    }
}
