@testable import TandemCore
import Testing

@Suite("LaneDesk: who gets the next job")
struct LaneDeskTests {
    private let room = UnsafeMutableRawPointer(bitPattern: 4096)!
    private static let rests: ClosedRange<UInt64> = 1_000 ... 4_000

    private func desk(_ lanes: Int) -> LaneDesk {
        var desk = LaneDesk(lanes: lanes, rests: Self.rests)
        desk.begin(at: 100)
        desk.openWindow(of: 5)
        return desk
    }

    @discardableResult
    private func handOut(_ desk: inout LaneDesk) -> Int? {
        guard let lane = desk.free else { return nil }
        _ = desk.handOut(to: lane, copy: 0, table: 0, pages: 0 ..< 1, room: room)
        return lane
    }

    private func answer(_ desk: inout LaneDesk, _ lane: Int) {
        desk.take(LaneAnswer(job: 1, copy: 0, lane: lane, pagesRead: 1, later: 0, preImages: 0))
        desk.endRests()
    }

    @Test("The lane with the least to do gets the next job, and none has more than four")
    func least() {
        var desk = desk(2)
        #expect((0 ..< 9).map { _ in handOut(&desk) } == [0, 1, 0, 1, 0, 1, 0, 1, nil])
        answer(&desk, 1)
        #expect(handOut(&desk) == 1 && desk.free == nil)
    }

    @Test("Each job has a number of its own, and names the window and its cut")
    func numbers() {
        var desk = desk(1)
        handOut(&desk)
        desk.openWindow(of: 5)
        handOut(&desk)
        #expect(desk.jobs.map(\.number) == [1, 2] && desk.jobs.map(\.cut) == [5, 5])
        #expect(desk.jobs[0].window != desk.jobs[1].window, "two windows, though the cut says one")
        desk.begin(at: 200)
        #expect(desk.jobs.isEmpty, "handed out once")
    }

    @Test("A lane that was late gets nothing before it has answered everything and has rested")
    func late() {
        var desk = desk(1)
        handOut(&desk)
        handOut(&desk)
        desk.noteLate()
        desk.begin(at: 100 + 1_000)
        answer(&desk, 0)
        #expect(desk.free == nil, "one is still to be answered")
        desk.begin(at: 100 + 999)
        answer(&desk, 0)
        #expect(desk.free == nil, "it rests")
        desk.begin(at: 100 + 1_000)
        desk.endRests()
        #expect(desk.free == 0)
    }

    @Test("It rests twice as long each time in a row, up to a bound, and as at first once it was in time")
    func rests() {
        var desk = desk(1)
        func restOf(_ desk: inout LaneDesk) -> UInt64 {
            handOut(&desk)
            desk.begin(at: 100)
            desk.noteLate()
            answer(&desk, 0)
            var rest: UInt64 = 0
            while desk.free == nil {
                rest += 1_000
                desk.begin(at: 100 + rest)
                desk.endRests()
            }
            return rest
        }
        #expect((0 ..< 4).map { _ in restOf(&desk) } == [1_000, 2_000, 4_000, 4_000])
        desk.noteInTime()
        #expect(restOf(&desk) == 1_000)
    }
}
