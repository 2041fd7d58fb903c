import Glibc
import Synchronization
import TandemCore
import TestSupport
import Testing

@testable import TandemSystem

@Suite("ReadAhead: what a comparison reads, on a thread beside the engine's")
struct ReadAheadTests {
    private static let hasTwo = CurrentThread.processorCount > 1

    /// Stands in for the file: says who has read what, and lets the thread beside go on only when it is told to.
    private final class Desk: Sendable {
        private let state = Mutex((mayGoOn: 0, beside: [Int](), here: [Int]()))
        private let own = CurrentThread.number

        var reader: ReadAhead.Reader {
            { [self] read in
                guard CurrentThread.number != own else {
                    state.withLock { $0.here.append(read.number) }
                    return 0
                }
                var tries = 0
                while tries < 5000, !state.withLock({ goOn(&$0, read.number) }) {
                    Pause.milliseconds(1)
                    tries += 1
                }
                return 0
            }
        }

        private func goOn(_ state: inout (mayGoOn: Int, beside: [Int], here: [Int]), _ number: Int) -> Bool {
            guard state.mayGoOn > 0 else { return false }
            state.mayGoOn -= 1
            state.beside.append(number)
            return true
        }

        func letGo(_ count: Int) { state.withLock { $0.mayGoOn += count } }
        var beside: [Int] { state.withLock { $0.beside } }
        var here: [Int] { state.withLock { $0.here } }
    }

    private final class Watch: Sendable {
        private let time = Mutex(1_000_000 as UInt64)
        var now: UInt64 { time.withLock { $0 } }
        func advance(_ nanoseconds: UInt64) { time.withLock { $0 += nanoseconds } }
    }

    private static func read(_ number: Int) -> ReadAhead.Read {
        ReadAhead.Read(
            number: number, room: UnsafeMutableRawBufferPointer(start: nil, count: 0), offset: 0, descriptor: -1,
            isForOnce: false)
    }

    @Test(
        "While the thread beside has not got on, the engine's makes the reads that come next itself",
        .enabled(if: hasTwo, "there is one processor, and no thread beside"))
    func goesOn() {
        let desk = Desk()
        let ahead = ReadAhead(by: desk.reader)
        for number in 0 ..< 6 { ahead.submit(Self.read(number)) }
        var seen: [Int] = []
        for _ in 0 ..< 4 { ahead.take { seen.append($0.number) } }
        #expect(seen == [2, 3, 4, 5] && desk.here == seen)
        desk.letGo(2)
        ahead.finish { seen.append($0.number) }
        #expect(seen == [2, 3, 4, 5, 0, 1] && desk.beside == [0, 1])
        #expect(ahead.isIdle)
    }

    @Test(
        "A thread that is silent for half a millisecond rests, for twice as long each time in a row",
        .enabled(if: hasTwo, "there is one processor, and no thread beside"))
    func rests() {
        let (desk, watch) = (Desk(), Watch())
        let ahead = ReadAhead(clock: { watch.now }, by: desk.reader)
        var (seen, asked): ([Int], Int) = ([], 0)
        func ask() {
            ahead.submit(Self.read(asked))
            asked += 1
        }
        func take() { ahead.take { seen.append($0.number) } }
        func fallSilent() {
            watch.advance(ReadAhead.patience + 1)
            take()
        }
        func answer(_ count: Int) {
            desk.letGo(count)
            let wanted = seen.count + count
            for _ in 0 ..< 5000 where seen.count < wanted {
                take()
                Pause.milliseconds(1)
            }
        }
        var rest = ReadAhead.rests.lowerBound
        for _ in 0 ..< 3 {
            // It has two, and says nothing.
            let first = asked
            for _ in 0 ..< 2 { ask() }
            fallSilent()
            answer(2)
            #expect(desk.beside.suffix(2) == [first, first + 1])
            // What comes while it rests is the engine's own.
            watch.advance(rest - ReadAhead.patience)
            ask()
            take()
            #expect(desk.here.last == asked - 1, "rest of \(rest)")
            watch.advance(2 * ReadAhead.patience)
            rest *= 2
        }
        // One that answers in time rests as briefly as ever the next time.
        ask()
        answer(1)
        ask()
        fallSilent()
        answer(1)
        watch.advance(ReadAhead.rests.lowerBound)
        ask()
        answer(1)
        #expect(desk.beside.last == asked - 1)
        #expect(seen.sorted() == Array(0 ..< asked))
        ahead.finish { _ in }
    }

    @Test("A comparison's reads all end, each once and with its bytes, before what is asked for behind them")
    func throughDriver() throws {
        let pair = try Pair(in: "/dev/shm")
        let driver = try pair.makeOpenDriver(.pwrite)
        let offset = pair.layout.tablesOffset
        let count = (pair.layout.tablesEnd - offset) / 4096
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: count * 4096, alignment: 4096)
        defer { room.deallocate() }
        for page in 0 ..< count { room.storeBytes(of: page + 7, toByteOffset: page * 4096, as: Int.self) }
        #expect(driver.perform([.write(room.baseAddress!, count: room.count, offset: offset)])[0].isDone)
        room.initializeMemory(as: UInt8.self, repeating: 0)
        driver.submit(
            (0 ..< count).map { page in
                CopyCommand(
                    token: .content(page),
                    operation: .readOnce(
                        room.baseAddress! + page * 4096, count: 4096, offset: offset + page * 4096))
            } + [CopyCommand(token: .close, operation: .close)])
        var completions: [CopyCompletion] = []
        driver.reap(into: &completions)
        #expect(completions.map { $0.token }.last == .close)
        #expect(Set(completions.map { $0.token }).count == count + 1)
        for completion in completions { #expect(completion.result.isDone) }
        for page in 0 ..< count { #expect(room.load(fromByteOffset: page * 4096, as: Int.self) == page + 7) }
    }

    @Test("Of a copy that is shorter than it was a read fails, and says so")
    func cutShort() throws {
        let pair = try Pair(in: "/dev/shm")
        let driver = try pair.makeOpenDriver(.pwrite)
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 8192, alignment: 4096)
        defer { room.deallocate() }
        #expect(truncate("\(pair.scratch.path)/copy", off_t(pair.layout.tablesOffset + 4096)) == 0)
        driver.submit([
            CopyCommand(
                token: .content(1),
                operation: .readOnce(room.baseAddress!, count: 8192, offset: pair.layout.tablesOffset))
        ])
        var completions: [CopyCompletion] = []
        while completions.isEmpty { driver.reap(into: &completions) }
        #expect(completions[0].result.failure?.errno == EIO)
    }
}
