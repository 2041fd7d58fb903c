@testable import TandemCore

/// Lanes that perform when they are told, in the order in which jobs were handed out.
final class HandLanes: LanePool {
    private let source: TestSource
    private var readers: [LaneReader]
    private(set) var waiting: [LaneJob] = []
    private(set) var handedOut = 0
    private var answers: [LaneAnswer] = []
    /// They perform what they are handed at once.
    var arePrompt = true

    init(_ source: TestSource, count: Int) {
        self.source = source
        readers = (0 ..< count).map { _ in
            LaneReader(memory: source.memory, layout: source.layout, checksum: testChecksum)
        }
    }

    func submit(_ jobs: [LaneJob]) {
        waiting += jobs
        handedOut += jobs.count
        if arePrompt { perform() }
    }

    func reap(into all: inout [LaneAnswer]) {
        all += answers
        answers.removeAll()
    }

    /// So many of the jobs that wait.
    func perform(_ count: Int = .max) {
        for _ in 0 ..< min(count, waiting.count) {
            let job = waiting.removeFirst()
            answers.append(readers[job.lane].perform(job))
        }
    }

    /// Where they may still write.
    var rooms: [Range<UInt>] {
        waiting.map { job in
            let start = UInt(bitPattern: job.room)
            return start ..< start + UInt(job.pageCount * source.layout.tables[job.table].pageBytes)
        }
    }
}

extension SeveralHarness {
    /// Over so many lanes, which perform at once until they are told otherwise.
    convenience init(_ source: TestSource, copies: Int = 1, lanes: HandLanes, count: Int) {
        var options = EngineOptions()
        options.lanes = count
        self.init(source, copies: copies, options, lanes: lanes)
    }
}
