extension WriterLog {
    /// Whether this transaction holds the record: then nobody else changes it, and it is read where it stands.
    @inlinable @inline(__always)
    public func isHeld(_ table: borrowing TableView, _ index: Int, at place: RecordPlace) throws(TandemError) -> Bool {
        guard _fastPath(table.memory.base == memory.base) else { throw foreignTable() }
        guard _fastPath(table.contains(index)) else { return false }
        return RecordHeader.owner(table.record(at: place).lockWord.load()) == owner
    }

    /// The payload of a record that this transaction holds, of type `Record`.
    @inlinable @inline(__always)
    public func readHeld<Record: BitwiseCopyable>(
        _ table: borrowing TableView, at place: RecordPlace, as type: Record.Type
    ) -> Record {
        table.record(at: place).payload.readShared(as: Record.self)
    }

    /// How records of `table` that this transaction holds say so: what is read on its behalf knows them by it.
    @inlinable @inline(__always)
    public func owner(in table: borrowing TableView) throws(TandemError) -> UInt64 {
        guard _fastPath(table.memory.base == memory.base) else { throw foreignTable() }
        return owner
    }

    /// Record `index` as this transaction has left it, or its last committed value.
    public func read(
        _ table: borrowing TableView, _ index: Int, into destination: UnsafeMutableRawPointer
    ) throws(TandemError) {
        let place = table.layout.place(of: index)
        guard try isHeld(table, index, at: place) else { return try table.read(index, into: destination) }
        destination.readShared(from: table.record(at: place).payload, byteCount: table.layout.payloadBytes)
    }
}
