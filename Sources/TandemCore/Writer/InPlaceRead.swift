/// A record that nobody was changing when it was looked up, where it stands: what is read of its payload counts if
/// `isUnchanged` says so afterwards. Until then it may be torn, so that nothing that was read is followed, and nothing
/// traps on it.
@frozen public struct StandingRecord {
    @usableFromInline let header: RecordHeader
    @usableFromInline let lockWord: UInt64

    @inlinable @inline(__always)
    init(header: RecordHeader, lockWord: UInt64) {
        self.header = header
        self.lockWord = lockWord
    }

    /// Where its payload begins.
    @inlinable @inline(__always)
    public var payload: UnsafeRawPointer { UnsafeRawPointer(header.payload) }

    /// So much of the payload from `offset` on.
    @inlinable @inline(__always)
    public func part<Part: BitwiseCopyable>(at offset: Int, as type: Part.Type) -> Part {
        (header.payload + offset).readShared(as: Part.self)
    }

    /// Whether what was read of the payload until now was of one moment.
    @inlinable @inline(__always)
    public var isUnchanged: Bool {
        // The payload is read before the header is looked at again, seen against a writer that locks before it changes.
        tandemAcquireFence()
        return header.lockWord.load() == lockWord
    }
}

extension TableView {
    /// Record `index`, to be read where it stands; nil when somebody is changing it, and for an index out of range:
    /// `read` knows what to do then.
    @inlinable @inline(__always)
    public func standing(_ index: Int) -> StandingRecord? {
        guard _fastPath(contains(index)) else { return nil }
        let record = record(at: layout.place(of: index))
        // Acquire: the header is read before the payload, as in `read`.
        let lockWord = record.lockWord.loadAcquiring()
        return _fastPath(RecordHeader.owner(lockWord) == 0) ? StandingRecord(header: record, lockWord: lockWord) : nil
    }

    /// A record of the table, for who must read one before knowing which: what is read of it does not count.
    @inlinable @inline(__always)
    public var anyRecord: StandingRecord { StandingRecord(header: record(at: layout.place(of: 0)), lockWord: .max) }

    /// What `body` makes of the payload of record `index` where it stands; nil when somebody is changing the record, or
    /// was, and for an index out of range: `read` knows what to do then.
    ///
    /// `body` may be shown a change that is under way: what it makes of that is thrown away, so it follows nothing that
    /// it reads, and traps on nothing.
    @inlinable @inline(__always)
    public func readInPlace<Result>(_ index: Int, _ body: (UnsafeRawPointer) -> Result) -> Result? {
        guard let record = standing(index) else { return nil }
        let result = body(record.payload)
        return _fastPath(record.isUnchanged) ? result : nil
    }

    /// The payload of record `index`, of a table with records of this size, whoever is changing it: for who only wants
    /// a hint where to look.
    ///
    /// - Precondition: the index is the table's.
    @inlinable @inline(__always)
    package func hint<Payload>(_ index: Int, as type: Payload.Type) -> UnsafeRawPointer {
        let shape = RecordShape(payloadBytes: MemoryLayout<Payload>.size)
        return UnsafeRawPointer(record(at: RecordPlace(of: index, shape)).payload)
    }

    /// The payload of record `index` where it stands, when the transaction under way of writer `owner` holds it: nobody
    /// else changes it then. Nil for any other, and for an owner of 0, who holds nothing.
    @inlinable @inline(__always)
    public func payload(_ index: Int, heldBy owner: UInt64) -> UnsafeRawPointer? {
        guard owner != 0, contains(index) else { return nil }
        let record = record(at: layout.place(of: index))
        return RecordHeader.owner(record.lockWord.load()) == owner ? UnsafeRawPointer(record.payload) : nil
    }

    /// What `committedVersion` says of a record that nobody holds; nil for one that somebody does.
    ///
    /// - Precondition: the index is the table's.
    @inlinable @inline(__always)
    public func idleVersion(_ index: Int) -> UInt64? {
        precondition(contains(index), "record \(index) of \(layout.capacity)")
        // What was read before this look was read before the header, seen against commits as in `read`.
        tandemAcquireFence()
        // Acquire: the header before all that is read behind this look.
        let lockWord = record(at: layout.place(of: index)).lockWord.loadAcquiring()
        return _fastPath(RecordHeader.owner(lockWord) == 0) ? lockWord : nil
    }

    /// A number that changes when a transaction that held record `index` commits, at its commit point, and may change
    /// when one is rolled back. Between two looks that find the same, no transaction that held the record committed.
    ///
    /// - Precondition: the index is the table's.
    public func committedVersion(_ index: Int) -> UInt64 {
        precondition(contains(index), "record \(index) of \(layout.capacity)")
        // What was read before this look was read before the header, seen against commits as in `read`.
        tandemAcquireFence()
        let record = record(index)
        while true {
            // Acquire: the header before the status, and before all that is read behind this look.
            let lockWord = record.lockWord.loadAcquiring()
            let holder = Int(RecordHeader.owner(lockWord))
            let version = lockWord & ~0xFFFF
            guard holder != 0, holder <= memory.writerCount else { return version }
            // Acquire: the status is read before the header's second look, which shows that it was this holder's.
            let status = WriterStatus(word: memory.writer(holder - 1).status.loadAcquiring())
            guard record.lockWord.load() == lockWord else {
                tandemSpinHint()
                continue
            }
            return status.state == WriterStatus.committed ? RecordHeader.unlocked(after: lockWord) : version
        }
    }
}
