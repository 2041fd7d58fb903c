public import TandemCore
public import TandemTypes

/// A table of records of one type.
///
/// *Threads:* any may read; writing goes through a `Writer`.
@frozen public struct DataTable<Record: BitwiseCopyable>: Sendable {
    @usableFromInline package let view: TableView
    /// Keeps the memory mapped.
    @usableFromInline package let source: SourceDataFile

    @usableFromInline init(view: TableView, source: SourceDataFile) {
        self.view = view
        self.source = source
    }

    /// Number of records; indices are 0 ..< capacity.
    public var capacity: Int { view.layout.capacity }
    /// As it was given when the source was made.
    public var name: String { source.layout.definitions[view.layout.number].name }

    /// The last committed value of record `index`; of a record in mid-change, the value before the change.
    ///
    /// Waits for no writer and keeps none waiting.
    /// - Throws: `.indexOutOfRange`; `.readContended` when the record's header makes no sense, which only scribbled
    ///   memory brings about.
    /// - Complexity: O(payload), a few loads; O(records changed) while its writer's transaction is under way.
    ///
    /// *Threads:* any, at the same time. *Crash:* changes nothing.
    @inlinable @inline(__always)
    public func read(at index: Int) throws(TandemError) -> Record {
        // What registers hold.
        guard MemoryLayout<Record>.size > 64 else {
            if let value = view.readAtOnce(index, as: Record.self) { return value }
            return try source.readSlowly(view.layout.number, index)
        }
        guard view.contains(index) else { throw TableView.outOfRange(view.layout.number, index) }
        return try view.readLarge(index, as: Record.self) { place throws(TandemError) in
            try source.read(view.layout.number, index, into: place)
        }
    }

    /// Starts bringing record `index` to this processor's cache, to be changed soon: a hint, which waits for nothing.
    ///
    /// A transaction on a record that is in no cache waits for memory, some 100 ns, before the next one begins. A
    /// program that knows which record comes next, as when it has decoded the next message, says so a transaction or
    /// two ahead, and the waiting overlaps: `tandem-bench write` shows both. An index out of range is ignored.
    @inlinable @inline(__always)
    public func prefetch(at index: Int) {
        let shape = RecordShape(payloadBytes: MemoryLayout<Record>.size)
        view.prefetch(index, at: RecordPlace(of: index, shape), byteCount: shape.payloadBytes)
    }
}

/// A table of records as bytes, for programs that know a record's shape only when they run.
@frozen public struct RawDataTable: Sendable {
    @usableFromInline package let view: TableView
    @usableFromInline package let source: SourceDataFile

    @usableFromInline init(view: TableView, source: SourceDataFile) {
        self.view = view
        self.source = source
    }

    /// Number of records; indices are 0 ..< capacity.
    public var capacity: Int { view.layout.capacity }
    /// Bytes of each record, 1 … 65,520.
    public var payloadBytes: Int { view.layout.payloadBytes }
    /// As it was given when the source was made.
    public var name: String { source.layout.definitions[view.layout.number].name }

    /// Fills `destination`, of exactly `payloadBytes` bytes, with the last committed value of record `index`.
    ///
    /// - Throws: `.wrongSize` for another length, `.indexOutOfRange`, `.readContended` when the record's header makes
    ///   no sense.
    /// - Complexity: O(payload), and again for each time that a writer overtakes it.
    ///
    /// *Threads:* any, at the same time; waits for nobody. *Crash:* changes nothing.
    @inlinable
    public func read(at index: Int, into destination: UnsafeMutableRawBufferPointer) throws(TandemError) {
        try view.read(index, into: checked(destination))
    }

    /// The bytes of the last committed value of record `index`.
    ///
    /// - Throws: `.indexOutOfRange`, `.readContended`.
    /// - Complexity: as the other `read`, and an allocation.
    public func read(at index: Int) throws(TandemError) -> [UInt8] {
        try [UInt8](payloadOf: view) { room throws(TandemError) in try view.read(index, into: room) }
    }

    /// Where `destination` begins, which has to have a record's length.
    @usableFromInline
    func checked(_ destination: UnsafeMutableRawBufferPointer) throws(TandemError) -> UnsafeMutableRawPointer {
        guard destination.count == view.layout.payloadBytes, let base = destination.baseAddress else {
            throw TandemError(.wrongSize, UInt64(destination.count), UInt64(view.layout.payloadBytes))
        }
        return base
    }
}

extension [UInt8] {
    /// A payload, read into memory that is thrown away when reading fails.
    init(payloadOf view: TableView, _ read: (UnsafeMutableRawPointer) throws(TandemError) -> Void) throws(TandemError) {
        let byteCount = view.layout.payloadBytes
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 16)
        defer { room.deallocate() }
        try read(room.baseAddress!)
        self.init(room)
    }
}
