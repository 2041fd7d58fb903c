/// What the engine may be told. Times are nanoseconds.
package struct EngineOptions: Sendable {
    /// A cut counts as committed only after a flush.
    package var durable = false
    /// The least time between two cuts. A longer one makes the copy older; a shorter one carries hot records more
    /// often.
    package var cutInterval: UInt64 = 200_000
    /// For each record of a cut the next one comes later by this, up to `restMax`: its writers need the time to get
    /// the records' cache lines back.
    package var restPerRecord: UInt64 = 500
    /// And by this for each whose value had to be sought in an undo log: its writer has changed it again while the cut
    /// was read, and will again. With both a writer of 1,024 hot records keeps 0.97 of its rate, with the first 0.86.
    package var restPerPreImage: UInt64 = 8_000
    /// The longest that each of both may come to. Above two million records a second the first would grow for ever.
    package var restMax: UInt64 = 2_000_000
    /// The least time between two cuts while a bulk copy runs: until its end all copies of a hot record but the last
    /// are wasted.
    package var bulkCutInterval: UInt64 = 5_000_000
    /// Writers are held back, up to 50 µs in a transaction, so that a copy in sync does not get older than this. 0:
    /// they never are.
    package var maxAge: UInt64 = 0
    /// The delay that they are held back by changes this often: a cut of some milliseconds has to show what it does.
    package var throttleInterval: UInt64 = 2_000_000
    /// The age at which a copy in sync counts as behind.
    package var behindFrom: UInt64 { maxAge > 0 ? maxAge : Pace.behindFrom }
    /// A cut streams through a copy's staging memory in chunks of this size, whole pages of the journal.
    package var journalChunkBytes = CutBody.usualChunkBytes
    /// How long one copy's full staging memory may hold up a window in which others have a part, the first time.
    package var patience: UInt64 = 2_000_000
    /// The least number of missed pages that a copy takes in one window while others are there, if they are read whole:
    /// 2.5 µs each, and the others' next cut waits for it. By name they are four times as many.
    package var missedPagesInWindow = 256
    /// A copy of an ancestor generation may be overwritten, and one that is newer than the source.
    package var adopts = false
    /// A promotable copy is kept until a new one, made beside it, is whole.
    package var rebuildsBeside = true

    /// How fast the tables of a copy in sync are read and compared with their seals; 0: never.
    package var scrubBytesPerSecond = 0

    /// How long anything may take.
    package var deadlines = DeadlineOptions()
    package var reviveInterval: UInt64 = 50_000_000
    /// How cuts are read.
    package var capture = CaptureOptions()
    /// How the journal's room is won back.
    package var reclaim = ReclaimOptions()

    /// Pages read for images in one window, which must end before a busy writer's undo log is full. While the copy is
    /// not whole an abandoned window costs little, so a window reads more there.
    package var imagePagesInSync = 256
    package var imagePagesInBulk = 1024
    /// Pages read in one window when the copy is in sync and the journal more than half full: then the sweep must win
    /// against the writers.
    package var imagePagesUnderPressure = 1024
    /// When a bulk copy reads everything in one window.
    package var onlyWindow = OnlyWindowRule.whenOutrun

    /// Lanes that read images beside the engine; 0: it reads them all itself.
    package var lanes = 0
    /// Fewer pages in a window are read by the engine: what it would take to hand them over is no less.
    package var lanePagesMin = 512
    /// When nothing is left to read but what lanes have, they are given this long. What they may have is read in 160 µs
    /// each; a window of 1,024 pages takes the engine alone 600.
    package var lanePatience: UInt64 = 500_000
    /// A lane that was late gets nothing for this long; for twice as long each time in a row, up to `laneRestMax`.
    package var laneRestMin: UInt64 = 1_000_000
    package var laneRestMax: UInt64 = 256_000_000

    package init() {}

    /// Every record that a cut reads is a line that its writer, who changes it again at once, has to fetch back: with
    /// 1,024 hot records and a cut every 200 µs the writer does little else. So it is given time.
    func rest(after cut: ShippingCut) -> UInt64 {
        min(UInt64(cut.count) * restPerRecord, restMax) + min(UInt64(cut.preImages) * restPerPreImage, restMax)
    }

    /// What of them cannot be meant, by themselves or beside each other; nil if all of it can.
    package var contradiction: String? {
        if let owned = deadlines.contradiction ?? capture.contradiction ?? reclaim.contradiction { return owned }
        let pages = [imagePagesInSync, imagePagesInBulk, imagePagesUnderPressure].min() ?? 0
        if pages <= 0 { return "\(pages) pages of images in a window" }
        if laneRestMin == 0 || laneRestMin > laneRestMax { return "rests of \(laneRestMin) to \(laneRestMax)" }
        if lanes < 0 || lanePagesMin <= 0 { return "\(lanes) lanes, from \(lanePagesMin) pages on" }
        if missedPagesInWindow <= 0 { return "\(missedPagesInWindow) missed pages in a window" }
        if capture.inDoubtAfter > deadlines.stuckAfter {
            return "stuck after \(deadlines.stuckAfter), before a writer is in doubt for \(capture.inDoubtAfter)"
        }
        return nil
    }
}

/// Memory that the driver may have registered with the kernel: what writes go out from.
package struct EngineStaging: @unchecked Sendable {
    package let journal: UnsafeMutableRawBufferPointer
    package let images: UnsafeMutableRawBufferPointer
    package let state: UnsafeMutableRawBufferPointer

    /// 32 MiB of journal: a cut of 100,000 records without waiting for the device.
    package static let journalBytes = 32 << 20
    package static let imageBytes = 16 << 20
    /// A state slot on its way, and what looks at the copy and the pass over its tables read.
    package static let stateBytes = StateSlotWriter.slotBytes + CopyLook.roomBytes + CopyScrub.readBytes

    package init(
        journal: UnsafeMutableRawBufferPointer, images: UnsafeMutableRawBufferPointer,
        state: UnsafeMutableRawBufferPointer
    ) {
        self.journal = journal
        self.images = images
        self.state = state
    }

    /// The same with less for the journal.
    package func withJournal(of bytes: Int) -> EngineStaging {
        EngineStaging(
            journal: UnsafeMutableRawBufferPointer(rebasing: journal[..<bytes]), images: images, state: state)
    }
}
