package import TandemCore
public import TandemTypes
internal import TandemSystem

/// Makes a copy the source.
public enum Promotion {
    /// Takes over from the source that `copy` follows.
    ///
    /// The copy is locked, recovered to its last whole cut, every seal verified, and given a new generation with the
    /// old one as ancestor; the old source, should it come back, sees that and stops. Every step may be repeated: a
    /// crash inside is repaired by promoting again.
    ///
    /// - Parameters:
    ///   - copy: no replicator may be running on it.
    ///   - source: a free path on a memory file system, where the tables are loaded; the copy then becomes the new
    ///     source's copy, in sync. Nil: the copy becomes the source where it stands, which is right when it is in
    ///     memory.
    ///   - others: paths of the source's other copies, as far as they can be read here: while one of them is ahead,
    ///     this one is not promoted.
    ///   - onlyIfHandedOver: only while the copy says that its source stands still behind it, which
    ///     `SourceDataFile.handOver` sees to.
    ///   - force: promote a copy that is not whole, is behind another, or has broken seals. Records may be torn,
    ///     transactions half there, and calls inconsistent with trunks and accounts: the certificate lists what is
    ///     known.
    /// - Throws: `.wrongRole` for what is a source already; if an earlier promotion made it one, that is first made to
    ///   last, as its last flush may have failed. Also for one of the others that is no copy of the same source.
    ///   `.inUse`, `.notPromotable`, `.exists`, `.noSpace` and what keeps the copy, or one of the others, from being
    ///   read.
    /// - Complexity: O(journal) to recover, O(tables) to verify, which all processors share, and to load.
    public static func promote(
        copy: String, to source: String? = nil, among others: [String] = [], onlyIfHandedOver: Bool = false,
        force: Bool = false
    ) throws(TandemError) -> Certificate {
        try promote(
            copy: copy, to: source, among: others, onlyIfHandedOver: onlyIfHandedOver, force: force, arrived: { nil })
    }

    /// The same of a copy that a standby serves.
    ///
    /// - Parameter arrived: asked behind the copy's lock, where it is promoted in place: what the standby knows of it.
    ///   All of it was applied and verified as it arrived, so this takes as long for large tables as for small ones.
    package static func promote(
        copy: String, to source: String?, among others: [String], onlyIfHandedOver: Bool, force: Bool,
        arrived: () -> Arrival?
    ) throws(TandemError) -> Certificate {
        let start = MonotonicClock.now()
        if let source, FileBytes.exists(path: source) {
            throw TandemError(
                .exists, source, "there is a file of this name already", remedy: "Choose another path, or move it away")
        }
        var access = try open(copy)
        // Behind the lock, or the fence: what its source has not taken back by now it cannot take back any more.
        if onlyIfHandedOver, !access.slot.isHandedOver {
            throw TandemError(
                .notPromotable, copy, "its source has not been handed over to it, or was taken back",
                remedy: "Hand it over: `tandem switchover`; or promote the copy without, if the source is lost")
        }
        if source == nil {
            try admitInPlace(access)
            access.believe(arrived())
        }
        // Before the first byte is changed: is it whole?
        var found = try examine(access, force: force)
        if access.arrival != nil, !found.certificate.isPromotable {
            // What does not hold after all is judged by what stands in the copy alone.
            access.believe(nil)
            found = try examine(access, force: force)
        }
        let replayed = found.replayed
        var certificate = found.certificate
        guard certificate.isConsistent || force else { throw refusal(access, certificate) }
        if !force { try SiblingCopies(paths: others).check(access, cut: certificate.cut) }
        guard certificate.problems.isEmpty || force else { throw refusal(access, certificate) }

        // Nobody can say of what is no whole cut that it has all that another copy holds.
        let end = certificate.isPromotable ? replayed.end.cut : 0
        let life = access.slot.life.next(.random(), at: end)
        var slot = StateSlot(
            sequence: access.slot.sequence &+ 1, generation: life.generation, lineage: life.lineage, role: .source,
            journalTail: replayed.end.position, tailCut: replayed.end.cut, cut: end, wallNanoseconds: WallClock.now(),
            session: access.slot.session)
        let firstWritten: [Int]
        if let source {
            (slot.role, slot.cut) = (.consistent, replayed.end.cut)
            slot.copy = access.slot.copy
            firstWritten = try load(access, to: source, slot)
        } else {
            // What is a source from now on is mapped: a hole that finds no room would be a writer's end by SIGBUS.
            try access.bytes.fillHoles()
            firstWritten = try apply(access)
            try prepareRuntime(access, cut: replayed.end.cut)
            try writeSlot(slot, access)
        }
        if !found.isJournalCounted {
            for (table, count) in firstWritten.enumerated() { certificate.tables[table].changed += count }
        }
        // Killed in mid-rebuild, the old line's replicator has left it; nobody goes on with it.
        LeftRebuild(besides: copy, layout: access.layout, life: life, checksum: LinuxChecksum.crc32c).remove()
        certificate.source = source ?? copy
        certificate.generation = life.generation.description
        certificate.ancestor = access.slot.generation.description
        certificate.milliseconds = Double(MonotonicClock.now() - start) / 1e6
        return certificate
    }

    private struct Found {
        let replayed: CopyRecovery.Replayed
        var certificate: Certificate
        /// Records that the journal brings are among those that are counted.
        var isJournalCounted = false
    }

    /// - Parameter force: look at every seal even of what is no whole cut.
    private static func examine(_ access: CopyAccess, force: Bool) throws(TandemError) -> Found {
        let replayed = try access.survey()
        var found = Found(replayed: replayed, certificate: access.certificate(replayed))
        guard found.certificate.isConsistent || force else { return found }
        found.isJournalCounted = try verify(access, &found.certificate)
        return found
    }

    private static func open(_ copy: String) throws(TandemError) -> CopyAccess {
        do throws(TandemError) { return try CopyAccess(path: copy, writable: true) } catch {
            if error.code == .wrongRole { try makeLast(copy) }
            throw error
        }
    }

    /// The flush that ended an earlier promotion may have failed: then the page cache says *source* and the medium says
    /// *copy*, which the old source would find one day, and go on. So what stands there is written and flushed once
    /// more, and then it is true.
    private static func makeLast(_ promoted: String) throws(TandemError) {
        let bytes = try FileBytes(path: promoted, writable: true)
        do throws(CopyFailure) {
            let header = try CopyExaminer.header(of: bytes)
            guard let slot = StateSlot.newest(in: header, checksum: LinuxChecksum.crc32c), slot.role == .source,
                !slot.ancestors.isEmpty
            else { return }
            try header.withBytes { raw throws(CopyFailure) in
                try bytes.writeDurably(
                    UnsafeRawBufferPointer(rebasing: raw[slot.offset ..< slot.offset + 4096]), at: slot.offset)
            }
        } catch { throw error.asTandemError(promoted) }
    }

    private static func refusal(_ access: CopyAccess, _ certificate: Certificate) -> TandemError {
        TandemError(
            .notPromotable, access.path, certificate.problems.joined(separator: "; "),
            remedy:
                """
                Use another copy; --force promotes it all the same, with records that may be torn and transactions \
                half there
                """
        )
    }

    /// What becomes a source where it stands must be what a source may be, or nobody could open it.
    private static func admitInPlace(_ access: CopyAccess) throws(TandemError) {
        let byteCount = try MappedFile.admittedByteCount(path: access.path)
        guard byteCount == access.layout.copyBytes else {
            throw TandemError(
                .wrongLength, access.path,
                "it has \(byteCount) bytes where its header says \(access.layout.copyBytes)",
                remedy: "Give the new source a path of its own: --to")
        }
    }

    /// Every seal, before anything is changed: a copy that is refused stays as it is. Records that the journal brings
    /// need none in the tables; which those are is only asked when a seal is broken or a record ahead of the journal,
    /// as remembering them all costs more than reading twice.
    ///
    /// - Returns: whether the records that the journal brings are among those that are counted.
    private static func verify(_ access: CopyAccess, _ certificate: inout Certificate) throws(TandemError) -> Bool {
        var found = certificate
        var verifier = SealVerifier(access: access, usesAllProcessors: true)
        try verifier.verify(&found)
        var isJournalCounted = false
        if verifier.ahead.count > 0 || found.tables.contains(where: { $0.damaged > 0 }) {
            found = certificate
            verifier = SealVerifier(access: access, usesAllProcessors: true)
            var covered: Set<UInt64> = []
            _ = try access.survey { change in covered.insert(SealVerifier.key(change.table.number, change.index)) }
            verifier.covered = covered
            try verifier.verify(&found)
            verifier.judge(&found, journalEnd: found.cut)
            isJournalCounted = true
        }
        certificate = found
        return isJournalCounted
    }

    /// All pages of a copy in memory are present by now, as their seals have been verified: changes all over it cost no
    /// page fault.
    ///
    /// The journal is on the medium first: its last cut may never have been flushed. A power cut in the middle would
    /// keep parts of that in the tables, and lose the rest with the journal.
    ///
    /// - Returns: of each table, the records that the journal has written first.
    private static func apply(_ access: CopyAccess) throws(TandemError) -> [Int] {
        do throws(CopyFailure) {
            try access.bytes.synchronize()
            let replayed = try access.bytes.guarded { () throws(CopyFailure) in
                try CopyRecovery.apply(
                    access.bytes, layout: access.layout, slot: access.start, checksum: LinuxChecksum.crc32c)
            }
            try access.bytes.synchronize()
            try access.bytes.synchronizeName()
            return replayed.firstWritten
        } catch { throw error.asTandemError(access.path) }
    }

    /// The commit point of a promotion.
    private static func writeSlot(_ slot: StateSlot, _ access: CopyAccess) throws(TandemError) {
        do throws(CopyFailure) { try access.bytes.writeDurably(slot) } catch { throw error.asTandemError(access.path) }
    }

    /// A copy's runtime area is unused; a source's starts as zeros with the epoch behind the cut.
    private static func prepareRuntime(_ access: CopyAccess, cut: UInt64) throws(TandemError) {
        let layout = access.layout
        if access.arrival?.isBlank != true {
            do throws(CopyFailure) {
                try access.bytes.zero(layout.tablesOffset - CopyExaminer.headerBytes, at: CopyExaminer.headerBytes)
            } catch { throw error.asTandemError(access.path) }
        }
        var control = [UInt64](repeating: 0, count: 64)
        control.withUnsafeMutableBytes { raw in
            RuntimeArea.initializeControl(raw.baseAddress!, afterCut: cut)
        }
        try write(control.withUnsafeBytes { Array($0) }, at: layout.runtime.control, access)
    }

    private static func write(_ page: [UInt8], at offset: Int, _ access: CopyAccess) throws(TandemError) {
        do throws(CopyFailure) {
            try page.withBytes { raw throws(CopyFailure) in try access.bytes.writeDurably(raw, at: offset) }
        } catch { throw error.asTandemError(access.path) }
    }

    /// A new source in memory with the copy's tables; it appears when it is whole. The copy is changed only once there
    /// is room for the source: a promotion that fails for want of it leaves the old line as it was.
    private static func load(_ access: CopyAccess, to path: String, _ slot: StateSlot) throws(TandemError) -> [Int] {
        let layout = access.layout
        var state = slot
        (state.role, state.cut) = (.source, slot.lineage.ends.first ?? 0)
        state.copy = .none
        var firstWritten: [Int] = []
        _ = try MappedFile.create(path: path, bytes: layout.tablesEnd) { base throws(TandemError) in
            try access.bytes.fillHoles()
            firstWritten = try apply(access)
            let header = CopyFormatter.header(layout: layout, slot: state, checksum: LinuxChecksum.crc32c)
            header.withUnsafeBytes { base.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
            let tables = UnsafeMutableRawBufferPointer(
                start: base + layout.tablesOffset, count: layout.tablesEnd - layout.tablesOffset)
            do throws(CopyFailure) { try access.bytes.read(into: tables, at: layout.tablesOffset) } catch {
                throw error.asTandemError(access.path)
            }
            let area = RuntimeArea(memory: SourceMemory(base: base, layout: layout), layout: layout)
            // The copy is this source's from the start, and known by its slot.
            area.replicator[.copySequence].store(slot.sequence)
            area.replicator.id = slot.copy
            area.replicator.committed.store(slot.cut)
            area.replicator.shipping.store(slot.cut)
            // A path that does not fit is not remembered, as a part of it would name another file.
            if access.path.utf8.count < ReplicatorBlock.pathBytes {
                area.replicator.copyPath.storeText(access.path)
            }
            area.initialize(afterCut: slot.cut)
            try writeSlot(slot, access)
        }
        return firstWritten
    }
}
