// Calls found by their Call-ID, in one transaction with the trunk that they are on.
//
//   KeyedCalls PATH      PATH: where the source is, or is to be made, best in /dev/shm
//
// Every process that calls this program with the same path works on the same calls. `tandem replicate PATH --to COPY`
// keeps a copy of them; whoever promotes it runs this program on the promoted source, and finds every call there.
import TandemTables

struct Call: BitwiseCopyable {
    var trunk: UInt32
    var state: UInt32
    var answeredAt: UInt64
}

struct Trunk: BitwiseCopyable { var busy: UInt64 = 0 }

@main
struct KeyedCalls {
    static func main() throws {
        let path = CommandLine.arguments.dropFirst().first ?? "/dev/shm/keyed-calls"
        let source = try SourceDataFile.openOrCreate(
            at: path,
            tables: .keyed("calls", key: String.self, keyBytesMax: 64, of: Call.self, capacity: 100_000)
                + [.of(Trunk.self, name: "trunks", capacity: 32, sharing: .shared)])
        let calls = try source.keyedTable("calls", key: String.self, keyBytesMax: 64, of: Call.self)
        let trunks = try source.table("trunks", of: Trunk.self)
        // One for each thread that writes, made early and kept.
        var writer = try source.makeWriter()

        // An INVITE: the call, its deadline and the trunk's counter, all or nothing.
        let callID = "a84b4c76e66710@pc33.example"
        let deadline = calls.clock.deadline(after: .seconds(180))
        let setUp = try writer.transaction { change throws(TandemError) in
            let placed = try change.insert(
                calls, key: callID, Call(trunk: 7, state: 1, answeredAt: 0), deadline: deadline)
            if case .inserted = placed { try change.update(trunks, at: 7) { $0.busy += 1 } }
            return placed
        }
        switch setUp {
        case .inserted(let handle): print("set up as \(handle)")
        case .present(let handle): print("a retransmission: it is \(handle)")
        }

        // A 200 OK: looked for by its key, without waiting for anybody, and changed by its handle.
        guard let found = try calls.find(callID) else { return print("gone already") }
        try writer.transaction { change throws(TandemError) in
            try change.update(calls, found.handle) { $0.state = 2 }
        }

        // The worker that owns these partitions clears what nobody has ended in time.
        var wheel = try DeadlineWheel(calls, partitions: 0 ..< calls.partitionCount)
        for handle in try wheel.expire(now: calls.clock.now(), with: &writer) {
            try writer.transaction { change throws(TandemError) in try change.remove(calls, handle) }
        }

        // A BYE, with the handle that the outgoing Contact carried. Sent twice, the second gets a 481.
        for attempt in 1 ... 2 {
            let isEnded = try writer.transaction { change throws(TandemError) in
                guard let call = try change.read(calls, found.handle) else { return false }
                try change.update(trunks, at: Int(call.trunk)) { $0.busy -= 1 }
                return try change.remove(calls, found.handle)
            }
            print("BYE \(attempt): \(isEnded ? 200 : 481)")
        }
        let fill = try calls.fill()
        print("\(fill.count) calls of \(fill.capacity), trunk 7 has \(try trunks.read(at: 7).busy)")
    }
}
