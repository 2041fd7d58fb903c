internal import TandemCore
public import TandemTypes
internal import TandemSystem

/// Compares a source with its copy, record by record, while both are in use.
public struct Verification: Sendable, Encodable {
    /// A record that the copy should have by now, and has not.
    public struct Difference: Sendable, Encodable {
        /// Its name.
        public let table: String
        /// From 0.
        public let index: Int
        /// The epoch of the last change that the source holds.
        public let sourceEpoch: UInt64
        /// The epoch of the last change that the copy holds.
        public let copyEpoch: UInt64
    }

    /// Records found equal.
    public internal(set) var recordsCompared = 0
    /// Empty for an exact copy.
    public internal(set) var differences: [Difference] = []
    /// Records that changed in every round, so that no two equal moments were found. Not a difference.
    public internal(set) var recordsTooHot = 0
    /// Looks that were taken, at most 30.
    public internal(set) var rounds = 0
    /// The newest cut that a look has found on the copy.
    public internal(set) var cut: UInt64 = 0
    /// The last cut that the source knew to be whole on its copy, before the first look.
    public internal(set) var sourceCut: UInt64 = 0

    /// The copy lacks cuts that its source knows to be on it: it is an older one, or its journal is damaged.
    public internal(set) var lacksCuts = false
    /// No record was found to differ, and the copy holds every cut that it should. Records that kept changing were not
    /// compared.
    public var isSound: Bool { differences.isEmpty && !lacksCuts }

    /// What the copy has of one record.
    private struct Held {
        var seal: UInt32
        var epoch: UInt64
    }

    /// A record differs only if it does so for as long as it takes the copy to hold a cut that includes the record's
    /// last change: what is merely on its way is looked at again.
    ///
    /// - Parameter progress: called after each look, with what is known by then and the number of records that are
    ///   still open.
    /// - Complexity: O(records), at memory speed, and 12 bytes a record.
    public static func compare(
        source: SourceDataFile, copy path: String, progress: (_ soFar: Verification, _ open: Int) -> Void = { _, _ in }
    ) throws(TandemError) -> Verification {
        var result = Verification()
        // First: what the copy is said to have before it is read, it must have.
        let copy = CopyPlaces.copy(at: path, in: source)
        result.sourceCut = (copy?.replicator.committed ?? source.area.committed).load()
        var open: [UInt64]?  // nil: all
        for round in 1 ... 30 {
            result.rounds = round
            let (held, cut) = try read(path, source)
            // A journal that is written over while it is read ends early: the copy has what it was once seen to have.
            result.cut = max(result.cut, cut)
            result.lacksCuts = result.cut < result.sourceCut
            var unsettled: [UInt64] = []
            var differing: [Difference] = []
            try forEach(open, source) { key, table, index throws(TandemError) in
                guard let (seal, epoch) = try sealed(source, table, index) else { return unsettled.append(key) }
                if let ours = held[key], ours.seal == seal, ours.epoch == epoch { return result.recordsCompared += 1 }
                unsettled.append(key)
                if epoch <= max(cut, result.sourceCut) {
                    differing.append(
                        Difference(
                            table: source.layout.definitions[table.number].name, index: index, sourceEpoch: epoch,
                            copyEpoch: held[key]?.epoch ?? 0))
                }
            }
            if unsettled.isEmpty, !result.lacksCuts { return result }
            // Six looks, over which a live copy was read anew each time.
            if round >= 6, differing.count == unsettled.count {
                result.differences = differing
                return result
            }
            if round == 30 {
                result.differences = differing
                result.recordsTooHot = unsettled.count - differing.count
            }
            open = unsettled
            progress(result, unsettled.count)
            Pause.milliseconds(20)
        }
        return result
    }

    private static func forEach(
        _ keys: [UInt64]?, _ source: SourceDataFile, _ body: (UInt64, TableLayout, Int) throws(TandemError) -> Void
    ) throws(TandemError) {
        if let keys {
            for key in keys { try body(key, source.layout.tables[Int(key >> 32)], Int(key & 0xFFFF_FFFF)) }
            return
        }
        for table in source.layout.tables {
            for index in 0 ..< table.capacity { try body(SealVerifier.key(table.number, index), table, index) }
        }
    }

    /// Seal and epoch of the record's committed value; nil while it is being changed.
    private static func sealed(
        _ source: SourceDataFile, _ table: TableLayout, _ index: Int
    ) throws(TandemError) -> (UInt32, UInt64)? {
        let view = TableView(layout: table, memory: source.memory)
        return withUnsafeTemporaryAllocation(byteCount: table.payloadBytes + 8, alignment: 16) { room in
            guard let epoch = view.readUnlocked(index, into: room.baseAddress! + 8) else { return nil }
            room.storeBytes(of: epoch, as: UInt64.self)
            return (
                recordSeal(
                    table: table.number, index: index, epochAndPayload: room.baseAddress!,
                    payloadBytes: table.payloadBytes, by: LinuxChecksum.crc32c), epoch
            )
        }
    }

    /// Seals and epochs of all records of the copy as its journal leaves them, and its last cut.
    private static func read(_ path: String, _ source: SourceDataFile) throws(TandemError) -> ([UInt64: Held], UInt64) {
        let access = try CopyAccess(path: path, writable: false)
        guard access.slot.generation == source.generation else {
            throw TandemError(
                .wrongSchema, path,
                "it is a copy of generation \(access.slot.generation), the source is \(source.generation)",
                remedy: "Give the copy of this source")
        }
        guard access.layout == source.layout else {
            throw TandemError(
                .wrongSchema, path, "it has other tables or sizes than the source",
                remedy: "Give the copy of this source")
        }
        guard access.slot.role == .consistent else {
            throw TandemError(
                .notPromotable, path, "it is still syncing",
                remedy: "Wait until `tandem status` says that it is in sync")
        }
        var held: [UInt64: Held] = [:]
        held.reserveCapacity(source.layout.tables.reduce(0) { $0 + $1.capacity })
        var ignored = access.certificate(CopyRecovery.Replayed(end: JournalEnd(position: 0, cut: access.slot.cut)))
        // Tables first, then the journal: an image that is written meanwhile holds nothing that the journal read after
        // it lacks.
        var verifier = SealVerifier(access: access)
        try verifier.verify(&ignored) { table, index, seal, epoch in
            held[SealVerifier.key(table, index)] = Held(seal: seal, epoch: epoch)
        }
        do throws(CopyFailure) {
            let end = try CopyRecovery.scan(
                access.bytes, layout: access.layout, slot: access.slot, checksum: LinuxChecksum.crc32c
            ) { change in
                let key = SealVerifier.key(change.table.number, change.index)
                // The last change is what recovery leaves, whatever stands in the table.
                held[key] = Held(seal: change.seal, epoch: change.epoch)
            }.end
            return (held, end.cut)
        } catch { throw error.asTandemError(path) }
    }
}
