import Tandem

/// The bulk copy of a syncing copy as one line.
struct SyncProgress {
    private var progress = Progress { Figures.bytes(Int($0)) + "/s" }
    private let pageBytes = 4096

    /// Nil until there is something to say.
    mutating func text(_ glance: Glance, bar: Bool) -> String? {
        let status = glance.status
        guard status.bulkPagesTotal > 0 else { return nil }
        let done = UInt64(clamping: status.bulkPagesDone * pageBytes)
        let total = UInt64(clamping: status.bulkPagesTotal * pageBytes)
        progress.note(done)
        // All pages copied is not yet in sync: one whole cut has to follow.
        guard done < total else { return "all pages copied, waiting for a whole cut" }
        return progress.rate > 0 ? progress.text(done: done, of: total, bar: bar) : nil
    }
}
