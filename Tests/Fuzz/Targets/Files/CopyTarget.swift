import TandemCore

/// A whole copy, as a probe examines it, and what the source decides to do about it.
final class CopyTarget: FuzzTarget {
    private let scripted = ScriptedCopy()
    private var copy: SparseCopy { scripted.copy }

    /// First byte: what is left unsealed, and how many steps the journal takes. Then those steps, then edits of the
    /// file.
    static let seeds: [[UInt8]] = {
        let cut: [UInt8] = [0, 3, 0, 5, 0xAA, 1, 7, 0xBB, 2, 1, 0xCC]
        return [
            [0], [1] + cut, [2] + cut + cut, [0x80], [0x80, 6, 0, 5, 0], [0, 6, 3, 3, 0xFF], [0, 0, 0, 9, 0, 3],
            [0, 3, 0, 12, 3, 1], [0x42] + cut + cut,
            [0, 3, 0, 4, 10], [1, 5, 6, 0, 3, 0, 4, 0x30], [1, 5, 6, 1, 3, 0, 5, 0x10, 3, 0, 6, 0, 7],
        ]
    }()

    func run(_ input: FuzzInput) throws(Finding) -> Bool {
        var input = input
        let mode = input.byte()
        scripted.clear()
        for _ in 0 ..< mode & 7 where !input.isAtEnd { scripted.script.step(&input) }
        scripted.layOut(mode, input)
        while !input.isAtEnd { scripted.change(&input) }
        scripted.seal(mode, input)
        return try examine(&input)
    }

    // MARK: What must hold

    /// A part of this very identity, as laying it out leaves it that was stopped half-way.
    private var isUnfinished: Bool {
        zip(copy.header, ScriptedCopy.identity).allSatisfy { $0 == 0 || $0 == $1 }
    }

    private func examine(_ input: inout FuzzInput) throws(Finding) -> Bool {
        let layout = copy.layout
        copy.begin(count: copy.count)
        let found = try reading(copy) { () throws(CopyFailure) in
            try CopyExaminer.examine(copy, expected: layout, path: "copy", checksum: fuzzChecksum)
        }
        input.tell("examined, it is \(found)")
        let slot = StateSlot.newest(in: copy.header.baseAddress!, checksum: fuzzChecksum)
        switch found {
        case .locked: throw Finding("nobody has locked it")
        case .blank:
            try expect(isZero || isUnfinished, "a file of \(copy.count) bytes with something in it is taken for blank")
        case .foreign(let error), .misfit(_, let error):
            try expect(error.detail?.subject == "copy", "an error that does not name the file: \(error)")
            try expect(
                [.notTandem, .formatVersion, .corrupt, .wrongSchema, .wrongLength].contains(error.code),
                "an error of another kind: \(error)")
        case .copy(let newest, let journal):
            try expect(newest == slot, "\(newest) counts, not \(String(describing: slot))")
            try expect(
                ScriptedCopy.identity.withUnsafeBytes { copy.header.bytes.first(Identity.byteCount).isEqual(to: $0) },
                "a copy of other tables")
            try checkJournal(newest, journal)
        }
        if copy.header[0] == 0, copy.count > 0, isZero { try expect(isBlank(found), "a file of zeros is no blank one") }
        try checkDecision(found, slot)
        if case .copy = found { return true }
        return false
    }

    private func isBlank(_ found: CopyExamination) -> Bool {
        if case .blank = found { return true }
        return false
    }

    /// Everything that is kept of it; the runtime area has nothing.
    private var isZero: Bool {
        guard copy.count > 0 else { return true }
        guard copy.count >= CopyExaminer.headerBytes else { return false }
        func zero(_ region: UnsafeMutableRawBufferPointer, _ start: Int) -> Bool {
            region.bytes.first(max(0, min(region.count, copy.count - start))).isZero
        }
        return zero(copy.header, 0) && zero(copy.tables, copy.layout.tablesOffset)
            && zero(copy.journal, copy.layout.journalOffset)
    }

    private func checkJournal(_ slot: StateSlot, _ journal: JournalEnd?) throws(Finding) {
        guard slot.role == .consistent else {
            return try expect(journal == nil, "a journal of a file that is \(slot.role)")
        }
        try expect(copy.count >= copy.layout.copyBytes, "a consistent copy of \(copy.count) bytes")
        _ = try scripted.rules.check(slot)
        let end = try reading(copy) { () throws(CopyFailure) in
            try CopyRecovery.scan(copy, layout: copy.layout, slot: slot, checksum: fuzzChecksum) { _ in }.end
        }
        try expect(
            journal == (end.cut >= slot.cut ? end : nil),
            "the journal ends at \(end), the examination says \(String(describing: journal))")
    }

    private func checkDecision(_ found: CopyExamination, _ slot: StateSlot?) throws(Finding) {
        let ours = input(slot)
        for bits in 0 ..< UInt8(128) {
            var source = ours
            source.flushLost = bits & 1 != 0
            source.isPartWay = bits & 2 != 0
            source.adopts = bits & 4 != 0
            if bits & 8 != 0 { source.life = Life(Generation(high: 9, low: 9)) }
            if bits & 16 != 0, let slot {
                source.life = Life(
                    source.life.generation, Lineage(ancestors: [slot.generation], ends: [slot.cut / 2]))
            }
            if bits & 32 != 0 { source.known /= 2 }
            source.isComparable = bits & 64 != 0
            try check(ReturnDecision.decide(found, for: source), found, source)
        }
    }

    /// A source that knows this very copy.
    private func input(_ slot: StateSlot?) -> ReturnDecision.Source {
        ReturnDecision.Source(
            life: Life(FuzzLayout.generation), committed: slot?.cut ?? 0, shipping: (slot?.cut ?? 0) &+ 1,
            known: (slot?.cut ?? 0) &+ 1, sequence: slot?.sequence ?? 0, knownSequence: slot?.sequence ?? 0,
            flushLost: false,
            isPartWay: false, adopts: false)
    }

    /// What may be written to, and on what proof.
    private func check(_ decision: ReturnDecision, _ found: CopyExamination, _ source: ReturnDecision.Source)
        throws(Finding)
    {
        switch (decision, found) {
        case (.format, .blank), (.refuse, .foreign), (.refuse, .misfit), (.refuse, .copy): break
        case (.format, .copy(let slot, _)):
            try expect(
                slot.role == .syncing && slot.generation == source.life.generation && source.flushLost,
                "laid out anew: \(slot)")
        case (.superseded, .copy(let slot, _)):
            try expect(source.life.kin(slot.life) == .descendant, "superseded by another line")
        case (.oneCut(let slot, let end), .copy(_, let journal?)):
            try expect(
                slot.role == .consistent && slot.generation == source.life.generation && end == journal
                    && !source.flushLost && !source.isPartWay && end.cut <= source.known
                    && [source.committed, source.shipping].contains(end.cut)
                    && [0, 1].contains(slot.sequence &- source.sequence),
                "one cut for \(slot)")
        case (.full(let slot, _, let promotable), .copy(_, let journal)):
            try checkOverwriting(slot, journal, source)
            try expect(
                !promotable || (slot.role == .consistent && journal != nil),
                "kept although nobody could promote it: \(slot)")
        case (.compare(let slot, let kept, _), .copy(_, let journal)):
            try checkOverwriting(slot, journal, source)
            try expect(source.isComparable && !source.flushLost, "compared with what may be in a cache: \(slot)")
            try expect(
                kept == nil || (slot.role == .consistent && kept == journal),
                "kept although nobody could promote it: \(slot)")
        default: throw Finding("\(decision) for \(found)")
        }
    }

    private func checkOverwriting(
        _ slot: StateSlot, _ journal: JournalEnd?, _ source: ReturnDecision.Source
    ) throws(Finding) {
        try expect(slot.role != .source, "a source is overwritten: \(slot)")
        switch source.life.kin(slot.life) {
        case .same:
            try expect(
                source.adopts || !ReturnDecision.isNewer(slot, journal, than: source),
                "a newer copy is overwritten: \(slot)")
        case .ancestor(let end, let isExact):
            let isTaken = isExact && journal != nil && max(slot.cut, journal?.cut ?? 0) <= end ?? 0
            try expect(
                source.adopts || slot.role == .syncing || isTaken, "an ancestor's copy is overwritten unasked: \(slot)")
        case .descendant, .cousin, .stranger: throw Finding("a stranger is overwritten: \(slot)")
        }
    }
}
