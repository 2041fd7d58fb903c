internal import Glibc
package import TandemCore
package import TandemSystem

/// An opened copy: its bytes, its layout, its own words.
package struct CopyAccess {
    package let path: String
    package let bytes: FileBytes
    package let layout: FileLayout
    package let slot: StateSlot
    /// What a standby says of it as it arrived, if it may be believed.
    private(set) var arrival: Arrival?

    /// - Parameter writable: locks it for itself; false reads what is there, whoever owns it.
    package init(path: String, writable: Bool) throws(TandemError) {
        self.path = path
        bytes = try FileBytes(path: path, writable: writable)
        guard bytes.count >= CopyExaminer.headerBytes else {
            throw TandemError(
                .notTandem, path, "the file is shorter than a Tandem header", remedy: "Give the path of a copy")
        }
        let header: [UInt8]
        do throws(CopyFailure) { header = try CopyExaminer.header(of: bytes) } catch { throw error.asTandemError(path) }
        layout = try header.withBytes { raw throws(TandemError) in
            try Identity.decode(raw, path: path, checksum: LinuxChecksum.crc32c)
        }
        guard let slot = StateSlot.newest(in: header, checksum: LinuxChecksum.crc32c) else {
            throw TandemError(
                .corrupt, path, "both state slots are damaged",
                remedy: "Use another copy; keep this one for examination")
        }
        self.slot = slot
        guard slot.role != .source else {
            throw TandemError(
                .wrongRole, path, "it is a source already", remedy: "Open it as one; there is nothing to promote")
        }
        guard bytes.count >= layout.copyBytes else {
            throw TandemError(
                .wrongLength, path, "it has \(bytes.count) bytes where its header says \(layout.copyBytes)",
                remedy: "The file was cut short and cannot be promoted; use another copy")
        }
    }

    /// Goes by what a standby says of it from here on, where that fits; nil: by what stands in it alone.
    mutating func believe(_ said: Arrival?) { arrival = said.flatMap { $0.fits(layout, slot) ? $0 : nil } }

    /// The slot, with the place in the journal from where on the tables lack it.
    var start: StateSlot {
        guard let arrival else { return slot }
        var start = slot
        (start.journalTail, start.tailCut) = (arrival.end.position, arrival.end.cut)
        return start
    }

    /// Calls `body` with `count` bytes from `offset` of the file: where they are, of a copy that is locked and in
    /// memory; else read into `buffer`, as somebody may be writing them, or their device fail.
    func withBytes(at offset: Int, count: Int, through buffer: inout [UInt8], _ body: (UnsafeRawPointer) -> Void)
        throws(TandemError)
    {
        do throws(CopyFailure) {
            if let memory = bytes.memory, offset + count <= memory.count {
                return try bytes.guarded { body(UnsafeRawPointer(memory.baseAddress! + offset)) }
            }
            if buffer.count < count { buffer = [UInt8](repeating: 0, count: count) }
            let bytes = bytes
            try buffer.withMutableBytes { raw throws(CopyFailure) in
                try bytes.read(into: UnsafeMutableRawBufferPointer(rebasing: raw[..<count]), at: offset)
                body(UnsafeRawPointer(raw.baseAddress!))
            }
        } catch { throw error.asTandemError(path) }
    }

    /// The journal on paper, each of its changes handed to `body`, and what it has lost.
    package func survey(_ body: (JournalChange) throws(CopyFailure) -> Void = { _ in }) throws(TandemError)
        -> CopyRecovery.Replayed
    {
        do throws(CopyFailure) {
            return try bytes.guarded { () throws(CopyFailure) in
                if let arrival {
                    // Behind what was applied stands at most a cut that was given up: there is nothing that could be
                    // lost. If it has become whole it is applied.
                    var replayed = try CopyRecovery.scan(
                        bytes, layout: layout, slot: start, checksum: LinuxChecksum.crc32c, body)
                    if replayed.cuts == 0 { replayed.wallNanoseconds = arrival.wallNanoseconds }
                    return replayed
                }
                return try CopyRecovery.survey(bytes, layout: layout, slot: slot, checksum: LinuxChecksum.crc32c, body)
            }
        } catch { throw error.asTandemError(path) }
    }

    /// A certificate with what the journal says, nothing verified yet.
    package func certificate(_ replayed: CopyRecovery.Replayed) -> Certificate {
        let wall = replayed.wallNanoseconds != 0 ? replayed.wallNanoseconds : slot.wallNanoseconds
        let now = WallClock.now()
        var certificate = Certificate(
            path: path, source: nil, generation: slot.generation.description,
            ancestor: slot.ancestors.first?.description, isConsistent: slot.role == .consistent,
            isHandedOver: slot.isHandedOver && replayed.end.cut == slot.cut, cut: replayed.end.cut,
            cutAgeSeconds: wall == 0 || wall > now ? nil : Double(now - wall) / 1e9, tables: [],
            cutsReplayed: replayed.cuts, changesReplayed: replayed.changes, sealsVerified: 0, verifiedOnArrival: 0,
            problems: [], milliseconds: 0)
        if slot.role == .syncing {
            certificate.problems.append("the copy was being brought together when it was left: it is no whole state")
        } else if replayed.end.cut < slot.cut {
            certificate.isConsistent = false
            certificate.problems.append(
                "its journal ends at cut \(replayed.end.cut), but cut \(slot.cut) was whole: the journal is damaged")
        } else if let lost = replayed.lostThrough {
            certificate.isConsistent = false
            certificate.problems.append(
                """
                its journal is damaged behind cut \(replayed.end.cut): cuts up to \(lost) had been whole and are lost, \
                though some of their changes may stand in the tables
                """
            )
        }
        return certificate
    }
}

extension CopyFailure {
    func asTandemError(_ path: String) -> TandemError {
        let words = errno == 0 ? "the device failed" : String(cString: strerror(errno))
        return TandemError(
            kind == .noSpace ? .noSpace : .inputOutput, path, words,
            remedy: "Look after the device that holds the file", errno: errno)
    }
}
