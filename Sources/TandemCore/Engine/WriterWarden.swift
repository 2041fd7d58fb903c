/// Looks after writers that may be dead: asks for their revival, one request a writer at a time.
///
/// Whoever has the same status at two looks, and is not idle, or about to begin, may have died. It may as well be slow:
/// the lock on its slot will tell, and that is for the driver to try.
struct WriterWarden {
    private let memory: SourceMemory
    private let interval: UInt64
    private var lastLook: UInt64 = 0
    /// Each writer's status at the last look.
    private var seen: [UInt64]
    /// Whose revival is under way.
    private var isAsked: [Bool]

    init(memory: SourceMemory, writerCount: Int, interval: UInt64) {
        self.memory = memory
        self.interval = interval
        seen = Array(repeating: 0, count: writerCount)
        isAsked = Array(repeating: false, count: writerCount)
    }

    /// Looks at all writers, when it is time.
    mutating func look(at now: UInt64, into batch: inout CommandBatch) {
        guard now &- lastLook >= interval else { return }
        lastLook = now
        for writer in seen.indices {
            let status = memory.writer(writer).status.load()
            if status == seen[writer],
                WriterStatus(word: status).state != WriterStatus.idle || memory.isRoomUnsettled(of: writer)
            {
                request(writer, into: &batch)
            }
            seen[writer] = status
        }
    }

    /// Somebody waits for this one. Its number may have been scribbled.
    mutating func request(_ writer: Int, into batch: inout CommandBatch) {
        guard isAsked.indices.contains(writer), !isAsked[writer] else { return }
        isAsked[writer] = true
        batch.issue(.revive(writer: writer), .reviveWriter(writer))
    }

    /// Whatever was found: it may be asked for again.
    mutating func noteAnswered(_ writer: Int) { isAsked[writer] = false }
    /// Nobody answers any more: whoever is still in the way is asked for again.
    mutating func forgetAsked() { for writer in isAsked.indices { isAsked[writer] = false } }
}
