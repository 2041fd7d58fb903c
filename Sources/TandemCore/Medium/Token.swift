/// Which command a completion answers: its kind in the top byte, a number below.
package struct Token {
    package enum Kind: UInt8 {
        case life = 1
        case watch, stateWatch, stateFlush, stateWrite, cutWrite, cutFlush, image, revive, close, replay
    }

    package let kind: Kind
    package let number: Int

    package init(_ kind: Kind, _ number: Int = 0) {
        self.kind = kind
        self.number = number
    }

    package init?(_ word: UInt64) {
        guard let kind = Kind(rawValue: UInt8(truncatingIfNeeded: word >> 56)) else { return nil }
        self.kind = kind
        number = Int(truncatingIfNeeded: word & 0xFF_FFFF_FFFF_FFFF)
    }

    package var word: UInt64 { UInt64(kind.rawValue) << 56 | UInt64(truncatingIfNeeded: number) }
}
