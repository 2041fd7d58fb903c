// Ten natural programs, each as its author would write it first.
import Foundation
import Tandem

// 1. A writer in a struct.
struct Switch: ~Copyable {
    let calls: DataTable<Call>
    var writer: Writer

    mutating func ring(_ call: Int, on trunk: Int) throws(TandemError) {
        try writer.transaction { change throws(TandemError) in
            try change.set(calls, at: call, to: Call(state: 1, trunk: trunk))
        }
    }
}

func ring(_ source: SourceDataFile) throws {
    var exchange = Switch(calls: try source.table("calls", of: Call.self), writer: try source.makeWriter())
    try exchange.ring(1, on: 2)
}

// 2. A writer in a final class.
final class Line {
    private let calls: DataTable<Call>
    private var writer: Writer

    init(_ source: SourceDataFile) throws {
        calls = try source.table("calls", of: Call.self)
        writer = try source.makeWriter()
    }

    func hangUp(_ call: Int) throws {
        try writer.transaction { change throws(TandemError) in try change.update(calls, at: call) { $0.state = 0 } }
    }
}

// 3. A writer in an actor.
actor Registrar {
    private let calls: DataTable<Call>
    private var writer: Writer

    init(_ source: SourceDataFile) throws {
        calls = try source.table("calls", of: Call.self)
        writer = try source.makeWriter()
    }

    func register(_ call: Int) throws -> Int {
        try writer.transaction { change throws(TandemError) in
            try change.update(calls, at: call) { record in
                record.trunk += 1
                return record.trunk
            }
        }
    }
}

// 4. A writer in a task.
func serve(_ source: SourceDataFile) -> Task<Int, any Error> {
    Task {
        let calls = try source.table("calls", of: Call.self)
        var writer = try source.makeWriter()
        for call in 0 ..< 10 {
            try writer.transaction { change throws(TandemError) in try change.update(calls, at: call) { $0.state += 1 }
            }
            await Task.yield()
        }
        return try calls.read(at: 0).state
    }
}

// 5. A writer in a thread.
func work(_ source: SourceDataFile, _ calls: DataTable<Call>) -> Thread {
    let thread = Thread {
        do {
            var writer = try source.makeWriter()
            try writer.transaction { change throws(TandemError) in try change.set(calls, at: 1, to: Call()) }
        } catch { print(error) }
    }
    thread.start()
    return thread
}

// 6. A generic helper that takes the writer.
func replace<Record>(
    _ table: DataTable<Record>, at index: Int, with value: Record, by writer: inout Writer
) throws(TandemError) {
    try writer.transaction { change throws(TandemError) in try change.set(table, at: index, to: value) }
}

// 7. A function that gets the transaction.
func move(_ call: Int, to trunk: Int, _ calls: DataTable<Call>, _ change: inout Transaction) throws(TandemError) -> Int
{
    let before = try change.read(calls, at: call)
    try change.update(calls, at: call) { $0.trunk = trunk }
    return before.trunk
}

func moveAll(_ calls: DataTable<Call>, by writer: inout Writer) throws(TandemError) -> [Int] {
    try writer.transaction { change throws(TandemError) in
        var before: [Int] = []
        for call in 0 ..< 3 { before.append(try move(call, to: 9, calls, &change)) }
        return before
    }
}

// 8. Raw tables, read in a transaction as well.
func clear(_ name: String, _ index: Int, of source: SourceDataFile) throws(TandemError) -> [UInt8] {
    let table = try source.rawTable(name)
    var writer = try source.makeWriter()
    return try writer.transaction { change throws(TandemError) in
        let before = try change.read(table, at: index)
        try change.update(table, at: index) { $0.initializeMemory(as: UInt8.self, repeating: 0) }
        return before
    }
}

// 9. An abort from inside `update`.
func take(_ trunk: Int, _ calls: DataTable<Call>, by writer: inout Writer) throws(TandemError) -> Bool {
    do {
        try writer.transaction { change throws(TandemError) in
            try change.update(calls, at: 0) { call throws(TandemError) in
                if call.trunk == trunk { throw .abort(1) }
                call.trunk = trunk
            }
            if try change.read(calls, at: 1).state == 9 { throw change.abort(2) }
        }
        return true
    } catch  where error.code == .aborted { return error.abortReason != 1 }
}

// 10. Errors, handled by code.
func explain(_ error: TandemError) -> String {
    switch error.code {
    case .recordInUse, .heldByThisThread, .recordDamaged: "record \(error.index ?? -1) of table \(error.table ?? -1)"
    case .superseded: "stop"
    case .aborted: "reason \(error.abortReason ?? 0)"
    case .notReplicatedInTime: "epoch \(error.commitEpoch ?? 0)"
    default: "\(error.code): \(error)"
    }
}

// And what stands around them: options, status, promotion, replication.
func operate(_ source: SourceDataFile) throws {
    var options = SourceOptions()
    options.writers = 4
    options.node = .number(0)
    let tables = source.tables.map { "\($0.name) \($0.capacity) \($0.sharing)" }
    let status = SourceStatus.read(from: source)
    print(tables, source.generation, source.ancestors, status.copyState, status.counter(.cutsCommitted))
    let replicator = try Replicator(source: source, copy: "/dev/shm/exchange.copy")
    replicator.step()
    let unchecked = try source.table("calls", of: Call.self, matching: .unchecked)
    print(unchecked.capacity, try CopyCheck.check(at: "/dev/shm/exchange.copy").isPromotable)
}
