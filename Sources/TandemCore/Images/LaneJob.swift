/// A run of pages that a lane reads and seals, into the room of the image arena that it is lent: as of the open
/// window's cut. A plain value, as it goes from thread to thread.
package struct LaneJob: BitwiseCopyable, @unchecked Sendable {
    /// No two of an engine's jobs have the same.
    let number: UInt64
    /// Whose arena it is, by the copy's block.
    let copy: Int
    /// Which lane it is for, from 0.
    package let lane: Int
    /// The window it belongs to, by the engine's own count: the cut comes from shared memory.
    let window: UInt64
    let cut: UInt64
    /// A table, by its place, and pages of it.
    let table: Int
    let firstPage: Int
    let pageCount: Int
    let room: UnsafeMutableRawPointer
}

/// What became of a job.
package struct LaneAnswer: BitwiseCopyable, Sendable {
    let job: UInt64
    let copy: Int
    let lane: Int
    /// Pages that were read and sealed, from the first on. Where they are fewer than were asked for, something is in
    /// the way of the next one that the engine has to look at itself.
    package let pagesRead: Int
    /// A bit for each page on which something is newer than the cut, or held.
    let later: UInt64
    /// Records that were found in undo logs.
    let preImages: Int
}

/// Performs jobs: threads, and the simulator's actors.
package protocol LanePool: AnyObject {
    /// Hands each job to its lane. Each lane performs its own in order.
    func submit(_ jobs: [LaneJob])
    /// Appends what has been answered since the last call.
    func reap(into answers: inout [LaneAnswer])
}

/// What a lane does. It decides nothing, and stores nothing into shared memory: what has to be marked, and what is in
/// the way, the engine hears with the answer.
///
/// *Threads:* the lane's. Its reader is its own, as that remembers how far it has walked along which undo log.
package struct LaneReader {
    private var reader: RecordReader
    private let tables: TableDirectory
    private let checksum: Checksum
    private var window: UInt64 = 0

    package init(memory: SourceMemory, layout: FileLayout, checksum: Checksum) {
        reader = RecordReader(memory: memory)
        tables = TableDirectory(memory: memory, layout: layout)
        self.checksum = checksum
    }

    package mutating func perform(_ job: LaneJob) -> LaneAnswer {
        if job.window != window {
            window = job.window
            reader.open(cut: job.cut)
        }
        let view = tables.views[job.table]
        let before = reader.preImageCount
        var (count, later) = (0, 0 as UInt64)
        reader.openSlice()
        reading: while count < job.pageCount, !reader.isSliceOver {
            let image = job.room + count * view.layout.pageBytes
            switch PageImage.read(view, page: job.firstPage + count, with: &reader, into: image) {
            case .value(_, .nothing): break
            case .value: later |= 1 << UInt64(count)
            case .inDoubt, .lost: break reading
            }
            PageImage.seal(view.layout, page: job.firstPage + count, at: image, checksum: checksum)
            count += 1
        }
        return LaneAnswer(
            job: job.number, copy: job.copy, lane: job.lane, pagesRead: count, later: later,
            preImages: reader.preImageCount - before)
    }
}
