public import CTandemLayout

/// Sixteen numbers of 16 bits that are looked through at once, as the processor does in two comparisons: word by word,
/// by shifts and masks, finding a key took 342 instructions in the place of 309.
public enum Sixteenths {
    /// Which of the numbers in these words, little end first, are `wanted`: a bit each.
    @inlinable @inline(__always)
    public static func places(
        of wanted: UInt16, in first: UInt64, _ second: UInt64, _ third: UInt64, _ fourth: UInt64
    ) -> UInt32 {
        tandem_equal_sixteenths(first, second, third, fourth, wanted)
    }
}
