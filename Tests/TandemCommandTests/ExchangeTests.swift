import Glibc
import Tandem
import TestSupport
import Testing

@testable import TandemCommand

@Suite("The exchange's records")
struct RecordTests {
    @Test func sizes() {
        #expect(MemoryLayout<CallRecord>.size == 240 && MemoryLayout<CallRecord>.stride == 240)
        #expect(MemoryLayout<TrunkRecord>.size == 32 && MemoryLayout<AccountRecord>.size == 32)
    }

    @Test func wholeAfterEveryTransaction() {
        var call = CallRecord()
        #expect(call.isWhole(at: 4))
        call.setUp(at: 4, trunk: 1, payer: 2, payee: 3, charge: 5)
        #expect(call.isWhole(at: 4) && !call.isWhole(at: 5) && call.sequence == 1)
        call.release(at: 4)
        #expect(call.isWhole(at: 4) && call.sequence == 2 && call.isUp == 0)
    }

    /// A tear at any word boundary between two commits of one slot.
    @Test func everyTearIsSeen() {
        var first = CallRecord()
        first.setUp(at: 4, trunk: 1, payer: 2, payee: 3, charge: 5)
        var second = first
        second.release(at: 4)
        for words in 1 ..< 30 {
            var torn = first
            withUnsafeMutableBytes(of: &torn) { target in
                withUnsafeBytes(of: second) {
                    target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<(words * 8)]))
                }
            }
            #expect(!torn.isWhole(at: 4), "torn behind word \(words)")
        }
    }
}

@Suite("Shards")
struct ShardTests {
    @Test func coverEveryCallOnce() {
        for (capacity, count) in [(1, 1), (10, 3), (1_048_576, 7), (5, 5)] {
            let ranges = (0 ..< count).map { Shard.range(of: $0, among: count, capacity: capacity) }
            #expect(ranges.first?.lowerBound == 0 && ranges.last?.upperBound == capacity)
            for (left, right) in zip(ranges, ranges.dropFirst()) { #expect(left.upperBound == right.lowerBound) }
        }
    }
}

@Suite("Acknowledgements")
struct AcknowledgementTests {
    @Test func roundTrip() throws {
        let file = TemporaryFile()
        let log = try AcknowledgementLog(appendingTo: file.path)
        let noted = [
            Acknowledgement(worker: 0, call: 0, sequence: 1),
            Acknowledgement(worker: 9999, call: 4_294_967_295, sequence: .max),
        ]
        for acknowledgement in noted { try log.append(acknowledgement) }
        #expect(try AcknowledgementReader.read(file.path) == noted)
    }

    @Test func unfinishedLastLinePromisesNothing() throws {
        let whole = Acknowledgement(worker: 1, call: 2, sequence: 3)
        let file = TemporaryFile(whole.line() + whole.line().dropLast(9))
        #expect(try AcknowledgementReader.read(file.path) == [whole])
    }

    @Test func foreignLineIsRefused() {
        let file = TemporaryFile(Array("hello\n".utf8) + Acknowledgement(worker: 1, call: 2, sequence: 3).line())
        #expect(throws: CommandFailure.self) { try AcknowledgementReader.read(file.path) }
    }
}

@Suite("Traffic")
struct TrafficTests {
    /// A worker on a real source, stopped, and another that goes on where it was: clean after each.
    @Test func keepsTheInvariants() throws {
        let scratch = Scratch(in: "/dev/shm")
        let path = scratch.file("exchange")
        let source = try SourceDataFile.create(at: path, tables: ExchangeTables.definitions(calls: 500))
        var up = 0
        for round in 0 ..< 2 {
            let plan = WorkerPlan(
                number: 0, count: 1, seconds: 0.2, rate: nil, acknowledgements: nil, acknowledgeEvery: 64)
            var worker = try Worker(plan, on: source)
            try worker.run()
            #expect(worker.outcome.callsFound == up)
            #expect(worker.outcome.transactions > 500 && worker.outcome.releases > 0)
            let report = try ExchangeAudit.run(path)
            #expect(report.violations == [], "round \(round)")
            up = report.callsUp
        }
    }

    @Test func twoLoadsOnTheSameCallsAreRefused() throws {
        let scratch = Scratch(in: "/dev/shm")
        let path = scratch.file("exchange")
        let source = try SourceDataFile.create(at: path, tables: ExchangeTables.definitions(calls: 500))
        let first = try ShardLock(0 ..< 250, in: source)
        #expect(throws: CommandFailure.self) { try ShardLock(249 ..< 500, in: source) }
        _ = try ShardLock(250 ..< 500, in: source)
        withExtendedLifetime(first) {}
    }
}
