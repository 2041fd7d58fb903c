import TandemCore

/// What must hold of a journal, whatever stands in it.
struct JournalRules {
    private let copy: SparseCopy
    /// The tables as the journal's changes make them, by this code alone.
    private let model: UnsafeMutableRawBufferPointer

    init(_ copy: SparseCopy) {
        self.copy = copy
        model = .allocate(byteCount: copy.tables.count, alignment: 4096)
    }

    /// For the owner to call.
    func deallocate() { model.deallocate() }

    /// - Returns: how far its cuts reach.
    func check(_ slot: StateSlot) throws(Finding) -> CopyRecovery.Replayed {
        let found = try scanned(slot)
        try checkReader(slot, found)
        try checkSurvey(slot, found)
        try checkApplying(slot, found)
        return found
    }

    /// The journal as `scan` reads it, its changes brought into the model.
    private func scanned(_ slot: StateSlot) throws(Finding) -> CopyRecovery.Replayed {
        model.copyMemory(from: UnsafeRawBufferPointer(copy.tables))
        copy.begin(count: copy.count)
        var changes = 0
        var newest: (table: Int, index: Int)?
        let found = try reading(copy) { () throws(CopyFailure) in
            try CopyRecovery.scan(copy, layout: copy.layout, slot: slot, checksum: fuzzChecksum) {
                change throws(CopyFailure) in
                changes += 1
                newest = (change.table.number, change.index)
                bring(change)
            }
        }
        let (length, overflow) = found.end.position.subtractingReportingOverflow(slot.journalTail)
        try expect(
            length <= UInt64(copy.layout.journalBytes),
            "\(length) bytes of journal in a ring of \(copy.layout.journalBytes) (\(overflow))")
        try expect(
            found.end.cut >= slot.tailCut, "the journal ends at cut \(found.end.cut), before its tail \(slot.tailCut)")
        try expect(
            (found.cuts == 0) == (found.end == JournalEnd(position: slot.journalTail, cut: slot.tailCut)),
            "\(found.cuts) cuts up to \(found.end)")
        try expect(
            found.changes == changes,
            """
            \(found.changes) changes are counted, \(changes) were handed out, the last of \(String(describing: newest))
            """
        )
        return found
    }

    private func bring(_ change: JournalChange) {
        let table = change.table
        let offset =
            table.offset - copy.layout.tablesOffset
            + table.slotOffset(of: change.index, page: table.page(of: change.index))
        model.store(UInt64(change.seal) << 32, at: Place(offset, 8))
        model.store(change.epoch, at: Place(offset + 8, 8))
        (model.baseAddress! + offset + 16).copyMemory(from: change.payload, byteCount: table.payloadBytes)
        let padding = table.slotBytes - 16 - table.payloadBytes
        (model.baseAddress! + offset + 16 + table.payloadBytes).initializeMemory(
            as: UInt8.self, repeating: 0, count: padding)
    }

    /// Cut by cut: each is what the format's own words call one, and the successor of the last.
    private func checkReader(_ slot: StateSlot, _ found: CopyRecovery.Replayed) throws(Finding) {
        var reader = JournalReader(copy, layout: copy.layout, slot: slot, checksum: fuzzChecksum)
        for _ in 0 ..< found.cuts {
            let before = reader.end
            guard let cut = try reading(copy, { () throws(CopyFailure) in try reader.next() }) else {
                throw Finding("a cut is not there when it is read again")
            }
            try expect(
                cut.number > before.cut && cut.number == reader.end.cut, "cut \(cut.number) behind \(before.cut)")
            let byteCount = Int(truncatingIfNeeded: reader.end.position &- before.position)
            try expect(
                byteCount % 4096 == 0 && (4096 ... copy.layout.journalBytes).contains(byteCount),
                "cut \(cut.number) of \(byteCount) bytes ends at \(reader.end.position)")
            try checkHeader(cut.number, try record(at: before.position, byteCount), slot, before)
        }
        try expect(reader.end == found.end, "the cuts end at \(reader.end), the scan at \(found.end)")
    }

    /// The bytes of a record, as they stand in the ring.
    private func record(at position: UInt64, _ byteCount: Int) throws(Finding) -> [UInt8] {
        let ring = copy.layout.journalBytes
        var bytes: [UInt8] = []
        for page in stride(from: 0, to: byteCount, by: 4096) {
            var part = [UInt8](repeating: 0, count: 4096)
            let offset = copy.layout.journalOffset + Int((position &+ UInt64(page)) % UInt64(ring))
            let copy = copy
            try reading(copy) { () throws(CopyFailure) in
                try part.withMutableBytes { raw throws(CopyFailure) in try copy.read(into: raw, at: offset) }
            }
            bytes += part
        }
        return bytes
    }

    private func checkHeader(_ cut: UInt64, _ record: [UInt8], _ slot: StateSlot, _ before: JournalEnd) throws(Finding)
    {
        var bytes = record
        let whole = bytes.withUnsafeMutableBytes { record in
            let used = record.number(at: CutPlaces.used)
            guard record.number(at: Place(0, 8)) == 0x5455_435F_444E_4154,
                record.number(at: CutPlaces.generation) == slot.generation.high,
                record.number(at: CutPlaces.previous) == before.cut,
                record.number(at: CutPlaces.position) == before.position,
                record.number(at: CutPlaces.bytes) == UInt64(record.count),
                used <= UInt64(record.count - CutPlaces.headerBytes),
                fuzzChecksum(UnsafeRawPointer(record.baseAddress! + CutPlaces.headerBytes), Int(used))
                    == UInt32(record.number(at: CutPlaces.bodyChecksum))
            else { return false }
            let checksum = record.number(at: CutPlaces.checksum)
            record.sealStructure(at: 0, CutPlaces.headerBytes)
            return record.number(at: CutPlaces.checksum) == checksum
        }
        try expect(whole, "cut \(cut) was taken, but is not whole")
    }

    private func checkSurvey(_ slot: StateSlot, _ found: CopyRecovery.Replayed) throws(Finding) {
        copy.begin(count: copy.count)
        let surveyed = try reading(copy) { () throws(CopyFailure) in
            try CopyRecovery.survey(copy, layout: copy.layout, slot: slot, checksum: fuzzChecksum)
        }
        try expect(
            surveyed.end == found.end && surveyed.changes == found.changes,
            "the survey ends at \(surveyed.end), the scan at \(found.end)")
        if let lost = surveyed.lostThrough {
            try expect(lost > found.end.cut, "cut \(lost) is lost behind \(found.end.cut)")
        }
        // Its tail to its end, the header of every page, and two records at most.
        try expect(
            copy.bytesRead <= 4 * copy.layout.journalBytes,
            "\(copy.bytesRead) bytes read of a journal of \(copy.layout.journalBytes)")
    }

    /// Applied once and applied twice it is what the scan says, and nothing else is written.
    private func checkApplying(_ slot: StateSlot, _ found: CopyRecovery.Replayed) throws(Finding) {
        for round in 1 ... 2 {
            copy.begin(count: copy.count)
            copy.isReadOnly = false
            let applied = try reading(copy) { () throws(CopyFailure) in
                try CopyRecovery.apply(copy, layout: copy.layout, slot: slot, checksum: fuzzChecksum)
            }
            try expect(
                applied.end == found.end && copy.writes == found.changes,
                "round \(round): \(copy.writes) writes for \(found.changes) changes")
            try expect(
                model.bytes.isEqual(to: copy.tables.bytes),
                "round \(round): the tables are not what the journal's cuts make them")
            if found.changes == 0 { return }
        }
    }
}

/// Runs what reads `copy`; everything that it asks for is there, so it does not fail.
func reading<Result>(_ copy: SparseCopy, _ body: () throws(CopyFailure) -> Result) throws(Finding) -> Result {
    let result: Result
    do throws(CopyFailure) {
        result = try body()
    } catch {
        throw copy.finding ?? Finding("a read within the file failed: \(error)")
    }
    if let finding = copy.finding { throw finding }
    return result
}
