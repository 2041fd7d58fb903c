import TandemTables

struct Call: BitwiseCopyable {
    enum State { static let (answered, confirmed): (UInt32, UInt32) = (1, 2) }

    var state = State.answered
    var trunk: UInt32 = 0
}

struct Trunk: BitwiseCopyable { var busy: UInt64 = 0 }

/// The calls of this host, and what there is to do with them: each in a transaction with the trunk that it is on.
struct Exchange: Sendable {
    let source: SourceDataFile
    let calls: KeyedTable<String, Call>
    let trunks: DataTable<Trunk>

    private static let keyBytesMax = 128

    init(path: String) throws(TandemError) {
        source = try SourceDataFile.openOrCreate(
            at: path,
            tables: .keyed("calls", key: String.self, keyBytesMax: Self.keyBytesMax, of: Call.self, capacity: 100_000)
                + [.of(Trunk.self, name: "trunks", capacity: 32, sharing: .shared)])
        calls = try source.keyedTable("calls", key: String.self, keyBytesMax: Self.keyBytesMax, of: Call.self)
        trunks = try source.table("trunks", of: Trunk.self)
    }

    /// The call's handle, which is the same for a retransmission.
    func answer(_ callID: String, with writer: inout Writer) throws(TandemError) -> RecordHandle {
        let deadline = calls.clock.deadline(after: .seconds(1800))
        return try writer.transaction { change throws(TandemError) in
            let placed = try change.insert(calls, key: callID, Call(), deadline: deadline)
            if case .inserted = placed { try change.update(trunks, at: 0) { $0.busy += 1 } }
            return placed.handle
        }
    }

    /// By its handle no key is looked for.
    func confirm(_ handle: RecordHandle, with writer: inout Writer) throws(TandemError) {
        try writer.transaction { change throws(TandemError) in
            try change.update(calls, handle) { $0.state = Call.State.confirmed }
        }
    }

    /// False when it has ended already.
    func end(_ handle: RecordHandle, with writer: inout Writer) throws(TandemError) -> Bool {
        try writer.transaction { change throws(TandemError) in
            guard let call = try change.read(calls, handle) else { return false }
            try change.update(trunks, at: Int(call.trunk)) { $0.busy -= 1 }
            return try change.remove(calls, handle)
        }
    }
}
