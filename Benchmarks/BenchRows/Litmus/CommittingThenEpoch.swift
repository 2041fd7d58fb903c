internal import TandemCore

/// *Committing before reading E.*
///
/// Each round the writer runs one transaction; at the same moment the controller opens cut e: it moves E from e to e +
/// 1, a full barrier on its own side as in the engine, and then decides whether the record's change belongs to the cut,
/// by the capture's rules:
/// - header unlocked and as before the round: the old value;
/// - locked, and its owner's status is not yet *committing*, and the header has not moved since: the pre-image;
/// - *committing*: it would look again, so nothing is decided; anything later: the epoch decides.
///
/// **Lost** is a round in which the controller decided for the old value or the pre-image, and the transaction then
/// committed with epoch e: a transaction of the cut that the cut lacks. It takes a *committing* that was still in the
/// writer's store buffer when the status was read, and an E that was loaded before that.
struct CommittingThenEpoch: StoreLoadOrder {
    static let name = "committing before reading E"

    /// A state of a writer's status word; idle and active come before it.
    private static let committing: UInt64 = 2

    private let source: LitmusSource
    private let slot: WriterSlot
    private var cut: UInt64 = 0
    private var before: UInt64 = 0
    private var isExcluded = false

    init(_ source: LitmusSource) {
        self.source = source
        slot = source.memory.writer(0)
    }

    mutating func prepare() {
        cut = source.area.epoch.load()
        before = source.table.headerWord(0)
        isExcluded = false
    }

    @inline(__always)
    mutating func open() { source.area.epoch.add(1) }

    @inline(__always)
    mutating func look() {
        let lockWord = source.table.headerWord(0)
        guard lockWord != before else {
            isExcluded = true
            return
        }
        guard lockWord & 0xFFFF != 0 else { return }
        let state = WriterStatus(word: slot.statusWord).state
        // An unchanged header means that the status belongs to the transaction that holds this record.
        isExcluded = source.table.headerWord(0) == lockWord && state < Self.committing
    }

    mutating func settle() -> Verdict {
        let isOfCut = source.table.epochWord(0) == cut
        // The window closes: the next transaction restarts its undo log.
        source.area.captured.storeReleasing(cut)
        return Verdict(isLost: isExcluded && isOfCut, wasEarly: !isOfCut)
    }
}
