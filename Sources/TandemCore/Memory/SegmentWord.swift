/// Whose an undo segment is, and which comes behind it: `stamp:24 | next:24 | writer:16`.
///
/// Zero is a free segment, and a home with nothing behind it.
@frozen public struct SegmentWord: Equatable {
    @usableFromInline let word: UInt64

    @usableFromInline init(word: UInt64) { self.word = word }

    /// - Parameters:
    ///   - writer: number of the slot; nil for a home, whose number says it.
    ///   - transaction: the low bits of its number are the stamp.
    init(writer: Int?, next: Int?, transaction: UInt64) {
        word =
            (transaction & Self.stampMask) << 40 | UInt64(next.map { $0 + 1 } ?? 0) << 16
            | UInt64(writer.map { $0 + 1 } ?? 0)
    }

    private static var stampMask: UInt64 { 0xFF_FFFF }
    private static var nextMask: UInt64 { 0xFF_FFFF << 16 }

    /// As anybody may have written it: the caller looks whether there are such a writer and such a segment.
    var writer: Int { Int(word & 0xFFFF) - 1 }
    var next: Int? { word & Self.nextMask == 0 ? nil : Int(word >> 16 & 0xFF_FFFF) - 1 }

    func isStamped(_ transaction: UInt64) -> Bool { word >> 40 == transaction & Self.stampMask }

    func leading(to next: Int?) -> SegmentWord {
        SegmentWord(word: word & ~Self.nextMask | UInt64(next.map { $0 + 1 } ?? 0) << 16)
    }

    func stamped(_ transaction: UInt64) -> SegmentWord {
        SegmentWord(word: word & (1 << 40 - 1) | (transaction & Self.stampMask) << 40)
    }
}
