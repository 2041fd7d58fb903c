/// Pages that have arrived on the copy and that no cut has changed since. They stay owed until a flush: a device that
/// loses what it had not written would otherwise leave an old image that no later sweep looks at, behind a journal's
/// tail.
struct UnflushedPages {
    private let owed: PageBitmap
    private var landed: [UInt64]
    /// Those that will have arrived when the replay that is under way has ended.
    private var arriving: [UInt64]

    init(owed: PageBitmap) {
        self.owed = owed
        landed = Array(repeating: 0, count: owed.wordCount)
        arriving = landed
    }

    mutating func land(_ page: Int) { landed[page >> 6] |= 1 << UInt64(page & 63) }

    /// A cut carries a change of it: what has arrived, or is about to, is behind.
    mutating func supersede(_ page: Int) {
        landed[page >> 6] &= ~(1 << UInt64(page & 63))
        arriving[page >> 6] &= ~(1 << UInt64(page & 63))
    }

    /// The journal up to its end is being applied in place: then everything below the descriptor will have arrived.
    mutating func beginReplay(below descriptor: Int) {
        for word in arriving.indices {
            arriving[word] = owed.load(word: word) & PageWord.mask(below: descriptor, word: word)
        }
    }

    mutating func finishReplay() {
        for word in arriving.indices where arriving[word] != 0 {
            landed[word] |= arriving[word]
            arriving[word] = 0
        }
    }

    /// A flush that was asked for after they arrived has succeeded: they are owed no more.
    mutating func noteFlushed() {
        for word in landed.indices where landed[word] != 0 {
            owed.clear(word: word, landed[word])
            landed[word] = 0
        }
    }

    mutating func removeAll() {
        for word in landed.indices where landed[word] | arriving[word] != 0 { (landed[word], arriving[word]) = (0, 0) }
    }
}
