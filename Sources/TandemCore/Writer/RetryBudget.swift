/// How long something is tried that fails only because a writer moved on.
///
/// Counted in looks at shared memory, as one try may look through a whole undo log. A try behind which the record's
/// header is what it was before costs more: nobody has moved, so that memory has been scribbled on, and trying again
/// helps nothing.
struct RetryBudget {
    private static let looksMax = 1 << 22
    /// Two are possible: before the entry is counted, and while it is.
    private static let standstillsMax = 64
    /// However long the undo logs are.
    private static let triesMin = 8

    private var looks = 0
    private var tries = 0
    private var lastHeader: UInt64?

    var isOver: Bool { looks >= Self.looksMax && tries >= Self.triesMin }

    mutating func note(looks count: Int) { looks += count }

    mutating func noteTry(_ lockWord: UInt64) {
        tries += 1
        looks += lockWord == lastHeader ? Self.looksMax / Self.standstillsMax : 1
        lastHeader = lockWord
    }
}
