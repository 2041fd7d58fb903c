internal import TandemCore
public import TandemTypes
internal import TandemSystem

/// Records of a copy as of its last whole cut, read on paper: nothing is written to the copy, and its journal is
/// replayed for this reader alone.
public struct CopyInspection: Sendable {
    /// One record at that cut.
    public struct Record: Sendable {
        /// From 0.
        public let index: Int
        /// Epoch of the transaction that changed it last; 0 if none has.
        public let epoch: UInt64
        /// `payloadBytes` of the table.
        public let payload: [UInt8]
        /// The record carries the seal of its own contents. False: it has rotted, or was torn or written to a wrong
        /// place.
        public let isSealed: Bool
        /// Its last change stands in the journal, and not in the table yet.
        public let isFromJournal: Bool
    }

    /// The copy.
    public let path: String
    /// Its name.
    public let table: String
    /// The last whole cut.
    public let cut: UInt64
    /// Cuts of the journal that led to that cut.
    public let cutsReplayed: Int
    /// Records that those cuts held, of all tables.
    public let changesReplayed: Int
    /// In the order of their indices.
    public let records: [Record]
    /// What is wrong with the copy's journal; empty for a sound one. Broken seals are said of each record.
    public let problems: [String]

    /// Reads the records `indices` of `table`. The copy may be one that a replicator is writing.
    ///
    /// - Parameter indices: clamped to the table. Nil: the first 16 records.
    /// - Throws: `.noSuchTable`, `.indexOutOfRange` when none of `indices` is in the table, `.notPromotable` while the
    ///   copy is syncing, as it is no whole state then, and what keeps it from being read: `.notFound`, `.notTandem`,
    ///   `.corrupt`, `.wrongLength`, `.wrongRole` (a source).
    /// - Complexity: O(journal + records asked for).
    public static func read(
        at path: String, table name: String, indices: Range<Int>? = nil
    ) throws(TandemError) -> CopyInspection {
        for _ in 0 ..< looksMax {
            let access = try CopyAccess(path: path, writable: false)
            let inspection = try read(access, name, indices)
            // An image of a live copy may be seen half written, and the journal may be freed and written over while it
            // is read. That is said in a state slot first: one that is still the newest says that what was read was one
            // state.
            guard FileBytes.isLocked(path: path) else { return inspection }
            if inspection.isSound, try CopyAccess(path: path, writable: false).slot == access.slot { return inspection }
            Pause.milliseconds(1)
        }
        throw TandemError(
            .inUse, path,
            "it looked damaged, or its journal was written over before it was read, \(looksMax) times in a row",
            remedy: "Stop its replicator, and look again")
    }

    /// Enough for a copy that frees its journal several times a second.
    private static let looksMax = 100

    /// No trouble with the journal, and every record sealed.
    public var isSound: Bool { problems.isEmpty && records.allSatisfy(\.isSealed) }

    private static func read(
        _ access: CopyAccess, _ name: String, _ indices: Range<Int>?
    ) throws(TandemError) -> CopyInspection {
        guard let number = access.layout.definitions.firstIndex(where: { $0.name == name }) else {
            throw .noTable(name, in: access.layout, access.path)
        }
        guard access.slot.role == .consistent else {
            throw TandemError(
                .notPromotable, access.path, "it is still syncing: it is no whole state yet",
                remedy: "Wait until `tandem status` says that it is in sync, or look at the source")
        }
        let table = access.layout.tables[number]
        let range = (indices ?? 0 ..< 16).clamped(to: 0 ..< table.capacity)
        guard let first = range.first else {
            throw TandemError(.indexOutOfRange, UInt64(number), UInt64(clamping: indices?.lowerBound ?? 0))
        }
        // Tables first: the journal that is read after them holds every cut of which an image was seen.
        var records = try images(of: range, table, access)
        let replayed = try access.survey { change in
            guard change.table.number == number, range.contains(change.index) else { return }
            let place = change.index - first
            // The last change in the journal is what recovery leaves, whatever stands in the table: what an earlier
            // life has left there may have a higher epoch.
            records[place] = Record(
                index: change.index, epoch: change.epoch,
                payload: Array(UnsafeRawBufferPointer(start: change.payload, count: table.payloadBytes)),
                isSealed: true,
                isFromJournal: true)
        }
        var problems = access.certificate(replayed).problems
        if let ahead = records.first(where: { $0.isSealed && $0.epoch > replayed.end.cut }) {
            problems.append(
                """
                \(name)[\(ahead.index)] is of cut \(ahead.epoch), but the journal ends at cut \(replayed.end.cut): it \
                held more and has lost it
                """
            )
        }
        return CopyInspection(
            path: access.path, table: name, cut: replayed.end.cut, cutsReplayed: replayed.cuts,
            changesReplayed: replayed.changes, records: records, problems: problems)
    }

    /// The records as they stand in the table.
    private static func images(
        of range: Range<Int>, _ table: TableLayout, _ access: CopyAccess
    ) throws(TandemError) -> [Record] {
        var records: [Record] = []
        records.reserveCapacity(range.count)
        var buffer: [UInt8] = []
        for number in table.page(of: range.lowerBound) ... table.page(of: range.upperBound - 1) {
            let offset = table.offset + number * table.pageBytes
            try access.withBytes(at: offset, count: table.pageBytes, through: &buffer) { page in
                for index in table.records(onPage: number).clamped(to: range) {
                    let slot = page + (index - number * table.recordsPerPage) * table.slotBytes
                    records.append(
                        Record(
                            index: index, epoch: slot.load(fromByteOffset: 8, as: UInt64.self),
                            payload: Array(UnsafeRawBufferPointer(start: slot + 16, count: table.payloadBytes)),
                            isSealed: PageImage.isSealed(table, index, at: slot, checksum: LinuxChecksum.crc32c),
                            isFromJournal: false))
                }
            }
        }
        return records
    }
}
