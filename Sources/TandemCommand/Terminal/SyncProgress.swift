import Tandem

/// The bulk copy of a syncing copy as one line.
struct SyncProgress {
    private var progress = Progress(unit: Figures.byteRate)

    /// Nil until there is something to say.
    mutating func text(_ glance: StatusReading, bar: Bool) -> String? {
        let status = glance.status
        progress.note(status.counter(.imageBytes))
        if status.isHopeless { return status.expectation }
        guard status.bulkPagesTotal > 0 else { return nil }
        // All pages copied is not yet in sync: one whole cut has to follow.
        guard status.bulkPagesDone < status.bulkPagesTotal else { return "all pages copied, waiting for a whole cut" }
        guard progress.rate > 0 else { return nil }
        return progress.text(
            Double(status.bulkPagesDone) / Double(status.bulkPagesTotal), left: status.outlook?.secondsLeft, bar: bar)
    }
}
