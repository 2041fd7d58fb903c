internal import TandemCore
public import TandemTypes
internal import TandemSystem

/// Makes a source that a promoted copy has taken over from a copy, where it lies.
public enum Demotion {
    /// Gives up the life of `path`, and keeps its bytes: as a copy that is not whole, which the new source's replicator
    /// takes up, compares with what it has, and brings what differs.
    ///
    /// What the source has committed that the new source lacks is given up with that, and not before: until the new
    /// source has compared, every record stays as it was, with its seal. Every step may be repeated: killed inside, it
    /// is a source still or a copy that can be taken up, and demoting again goes on.
    ///
    /// - Parameters:
    ///   - path: no writer and no replicator may hold it.
    ///   - force: although nothing says that it was superseded. Whatever it has that no copy has is given up.
    /// - Returns: what is given up, as far as that is known here.
    /// - Throws: `.wrongRole` for a copy, and for a source of which nothing says that it was superseded; `.inUse`,
    ///   naming the processes; `.noSpace` for the journal behind the tables; and what keeps it from being a sound
    ///   source. The file is as it was then.
    /// - Complexity: O(tables), which all processors share.
    public static func demote(source path: String, force: Bool = false) throws(TandemError) -> DemotionReport {
        try demote(source: path, force: force) { _ throws(TandemError) in }
    }

    /// What a demotion has come to.
    package enum Step: Equatable, Sendable {
        case locked, reserved
        /// The commit point: from here on it is a copy.
        case said
        case sealed(table: Int)
        case lasting
    }

    /// - Parameter reached: told of each step; what it throws ends the demotion there, as the end of the process would.
    package static func demote(
        source path: String, force: Bool, reached: (Step) throws(TandemError) -> Void
    ) throws(TandemError) -> DemotionReport {
        let start = MonotonicClock.now()
        _ = try MappedFile.admittedByteCount(path: path)
        // Asked before and under the lock: whoever may not be demoted need not have its writers ended first.
        try admit(try OldSource(try FileBytes(path: path, writable: false), path: path), force: force)
        let bytes = try locked(path)
        let old = try OldSource(bytes, path: path)
        try admit(old, force: force)
        let changedPages: Int
        do throws(CopyFailure) { changedPages = try old.changedPages(in: bytes) } catch {
            throw error.asTandemError(path)
        }
        try reached(.locked)
        try bytes.extend(to: old.layout.copyBytes)
        try reached(.reserved)
        do throws(CopyFailure) {
            // A slot that says *copy* is never on the medium before the room of one.
            try bytes.synchronize()
            // What stands there already is written once more: the flush behind it may have failed, and the next one
            // would succeed without it.
            try bytes.writeDurably(old.isDemoted ? old.slot : old.copySlot)
            if !old.isSuperseded { try Self.tellWhoHasItMapped(bytes, old) }
        } catch { throw error.asTandemError(path) }
        try reached(.said)
        let maker = SealMaker(bytes: bytes)
        for table in old.layout.tables {
            do throws(CopyFailure) { try maker.seal(table) } catch { throw error.asTandemError(path) }
            try reached(.sealed(table: table.number))
        }
        do throws(CopyFailure) {
            try bytes.synchronize()
            try bytes.synchronizeName()
        } catch { throw error.asTandemError(path) }
        try reached(.lasting)
        return DemotionReport(
            path: path, generation: old.slot.generation.description, wasDemoted: old.isDemoted, cut: old.committed,
            epoch: old.epoch, changedPages: changedPages, byteCount: old.layout.copyBytes,
            milliseconds: Double(MonotonicClock.now() - start) / 1e6)
    }

    /// Whether what stands at `path` is a source that was superseded, or was one until a demotion.
    package static func isDue(at path: String) -> Bool {
        guard let bytes = try? FileBytes(path: path, writable: false), let old = try? OldSource(bytes, path: path)
        else { return false }
        return old.isSuperseded || old.isDemoted
    }

    /// By force: its programs are told what a replicator would have told them.
    private static func tellWhoHasItMapped(_ bytes: FileBytes, _ old: OldSource) throws(CopyFailure) {
        let word = old.attention | ControlFlags.superseded
        try withUnsafeBytes(of: word) { raw throws(CopyFailure) in
            try bytes.write(raw, at: old.layout.runtime.control + ControlOffset.attention)
        }
    }

    private static func admit(_ old: OldSource, force: Bool) throws(TandemError) {
        guard old.isSuperseded || old.isDemoted || force else {
            throw TandemError(
                .wrongRole, old.path,
                """
                it is a source, and nothing here says that a promoted copy has taken over from it: what it has and no \
                copy has would be given up
                """,
                remedy:
                    """
                    Start its replicator, which looks at the copy and finds out; or give it up: tandem demote \
                    \(old.path) --force
                    """)
        }
    }

    /// The file with a lock over all of it: over the bytes that its replicator and each of its writers lock, too. Held
    /// until the end, so that none of them comes back in between.
    private static func locked(_ path: String) throws(TandemError) -> FileBytes {
        do throws(TandemError) { return try FileBytes(path: path, writable: true) } catch {
            guard error.code == .inUse else { throw error }
            throw TandemError(
                .inUse, path, "it is in use by \((try? SourceHolders(of: path).text) ?? "another process")",
                remedy: "End them first; a program that has it open may not write to it any more anyway")
        }
    }
}
