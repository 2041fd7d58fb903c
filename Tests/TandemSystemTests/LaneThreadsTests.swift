import Glibc
@testable import TandemCore
import TandemSystem
import Testing

@Suite("LaneThreads: lanes on threads of their own")
struct LaneThreadsTests {
    private let pair: Pair
    private let memory: SourceMemory
    private let table: TableLayout
    private let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 8 * 4096, alignment: 4096)

    init() throws {
        pair = try Pair()
        memory = SourceMemory(base: pair.source.base, layout: pair.layout)
        table = pair.layout.tables[0]
        var writer = WriterLog(memory: memory, writer: 0)
        let view = TableView(layout: table, memory: memory)
        for index in 0 ..< table.capacity {
            try writer.begin()
            try writer.hold(view, index).storeBytes(of: UInt64(index) + 7, as: UInt64.self)
            try writer.commit()
        }
    }

    private func lanes(_ count: Int) throws -> LaneThreads {
        try #require(
            LaneThreads(
                count: count, cpus: [], engine: nil, memory: memory, layout: pair.layout,
                checksum: LinuxChecksum.crc32c))
    }

    private func job(_ number: Int, lane: Int, page: Int) -> LaneJob {
        LaneJob(
            number: UInt64(number), copy: 0, lane: lane, window: 1, cut: 9, table: 0, firstPage: page, pageCount: 1,
            room: room.baseAddress! + (lane * 4 + number % 4) * 4096)
    }

    @Test("Each job is answered once, in order, with its page in its room, whether its lane slept or not")
    func answered() throws {
        defer { room.deallocate() }
        let lanes = try lanes(2)
        let pages = table.pageCount
        for round in 0 ..< 300 {
            let first = round * 4
            for lane in 0 ..< 2 {
                lanes.submit((first ..< first + 4).map { job($0, lane: lane, page: $0 % pages) })
            }
            var answers: [LaneAnswer] = []
            while answers.count < 8 {
                lanes.reap(into: &answers)
                // Others may have all processors.
                if answers.count < 8 { sched_yield() }
            }
            for lane in 0 ..< 2 {
                #expect(answers.filter { $0.lane == lane }.map(\.job) == (first ..< first + 4).map(UInt64.init))
                for number in first ..< first + 4 {
                    let records = table.records(onPage: number % pages)
                    let image = job(number, lane: lane, page: 0).room
                    #expect((image + 16).load(as: UInt64.self) == UInt64(records.lowerBound) + 7)
                    #expect(
                        PageImage.isSealed(table, records.lowerBound, at: image, checksum: LinuxChecksum.crc32c))
                }
            }
            // Now and then long enough for them to fall asleep.
            if round.isMultiple(of: 30) { Pause.milliseconds(1) }
        }
    }

    @Test("Lanes have answered what they had, and have ended, when nobody holds them any more")
    func ends() throws {
        defer { room.deallocate() }
        for round in 0 ..< 10 {
            let lanes = try lanes(1 + round % 3)
            lanes.submit((0 ..< 4).map { job($0, lane: 0, page: $0) })
        }
        // The room is given back here: a lane that wrote on would be found by the sanitizer.
    }
}
