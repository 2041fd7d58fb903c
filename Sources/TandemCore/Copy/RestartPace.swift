/// How soon a bulk copy is begun again when a cut did not fit the journal: at once the first time, then later and
/// later.
///
/// Where the journal is smaller than what changes while a copy is laid out or flushed, each one ends like the one
/// before.
struct RestartPace {
    private let intervalMin: UInt64
    private let intervalMax: UInt64
    private(set) var inRow = 0
    private var last: UInt64 = 0
    private var pause: UInt64 = 0
    /// The largest journal that would have held what did not fit.
    private(set) var journalBytesWanted = 0

    init(options: DeadlineOptions) {
        intervalMin = options.probeIntervalMin
        intervalMax = options.probeIntervalMax
    }

    /// It happens again and again: who was told once need not be told of each.
    var isRestless: Bool { inRow > 1 }

    func isDue(at now: UInt64) -> Bool { inRow == 0 || now >= last &+ pause }

    mutating func noteRestart(at now: UInt64) {
        last = now
        pause = min(intervalMin << UInt64(min(inRow, 8)), intervalMax)
        inRow += 1
    }

    /// - Parameters:
    ///   - bytes: what the cut would have taken.
    ///   - journalBytes: of the journal that there is.
    mutating func noteTooLarge(_ bytes: Int, journalBytes: Int) {
        // As much again, for what changes while that is written; in powers of two, so that it is said once.
        let wanted = max(bytes, journalBytes).multipliedReportingOverflow(by: 2)
        guard !wanted.overflow else { return }
        var size = 1 << 20
        while size < wanted.partialValue, size < 1 << 50 { size *= 2 }
        journalBytesWanted = max(journalBytesWanted, size)
    }

    /// The bulk copy has made a newer copy beside the old one: it was not in vain, and the next one comes after the
    /// shortest pause.
    mutating func noteRenewed() { pause = min(pause, intervalMin) }

    /// The copy has stayed in sync.
    mutating func noteSteady() {
        inRow = 0
        journalBytesWanted = 0
    }
}
