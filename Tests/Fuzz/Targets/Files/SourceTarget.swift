import TandemCore

/// A source as somebody finds it who attaches: identity, state, and the runtime words that its writers left in
/// mid-transaction. What is taken is then recovered, read and written.
final class SourceTarget: FuzzTarget {
    private let source = FuzzMemory()
    private let image: [UInt8]
    private let steps = Steps()
    private let untouchedParts: [Range<Int>]
    private let kept: UnsafeMutableRawPointer
    private let slotPlaces = StatePlaces.both(StateSlot.offsets[0], StateSlot.offsets[1])

    /// First byte: what is left unsealed, and which length. Then edits: where, and what.
    static let seeds: [[UInt8]] = [
        [0], [8], [16], [1], [0, 0, 0, 4, 3, 1], [0, 1, 0, 12, 10], [6, 1, 0, 1, 3, 1], [0, 2, 0, 9, 3, 1],
        [0, 2, 0, 18, 0, 3], [0, 2, 0, 20, 2],
        [0, 2, 0, 46, 5, 2], [0, 2, 0, 80, 7, 0], [0, 2, 0, 120, 0, 1], [0, 2, 0, 8, 0], [0, 3, 240, 1, 0, 0, 9],
    ]

    init() {
        Self.leaveTransactions(in: source)
        image = source.image()
        let end = source.layout.runtime.dirty
        untouchedParts = source.parts.filter { $0.lowerBound < end }
        kept = .allocate(byteCount: end, alignment: 4096)
    }

    deinit { kept.deallocate() }

    /// Writer 0 died in a transaction, writer 1 behind its commit point, writer 2 between a lock and its entry.
    private static func leaveTransactions(in source: FuzzMemory) {
        for writer in 0 ..< 2 {
            var transaction = WriterLog(memory: source.memory, writer: writer)
            try! transaction.begin()
            for (table, index) in [(0, writer), (1, writer), (2, writer)] {
                try! transaction.hold(source.tables[table], index).storeBytes(of: 0xABCD, as: UInt64.self)
            }
        }
        let committed = source.memory.writer(1)
        committed.commitEpochWord = 1
        committed.statusWord = committed.statusWord & ~7 | 3
        source.memory.leaveIntent(writer: 2, table: source.layout.tables[0], index: 99)
        source.memory.writer(2).statusWord = 1 << 3 | 1
        source.tables[0].lockByHand(99, owner: 3)
    }

    func run(_ input: FuzzInput) throws(Finding) -> Bool {
        var input = input
        let mode = input.byte()
        source.restore(image)
        while !input.isAtEnd { change(&input) }
        seal(mode)
        guard let layout = try attach(mode, &input) else { return false }
        // Other names or locks may have been sealed; other places would be other memory than was laid out here.
        guard layout.runtime == source.layout.runtime, sameGeometry(layout) else { return false }
        input.tell("attached: it is looked at and read")
        try look()
        input.tell("every writer is recovered")
        try recover(layout)
        input.tell("new writers change what they can")
        try write()
        return true
    }

    private func change(_ input: inout FuzzInput) {
        let whole = UnsafeMutableRawBufferPointer(start: source.base, count: source.layout.tablesEnd)
        switch input.byte() & 7 {
        case 0:
            UnsafeMutableRawBufferPointer(rebasing: whole[..<Identity.byteCount]).edit(IdentityPlaces.header, &input)
        case 1: whole.changeOne(of: slotPlaces, &input)
        case 2 ... 5: whole.changeOne(of: RuntimePlaces.all, &input)
        default:
            let place = Place(source.offset(ofByte: (8192 + 1024) + Int(input.half()) / 8 * 8), 8)
            whole.change(place, of: RuntimePlaces.all, &input)
        }
    }

    private func seal(_ mode: UInt8) {
        let whole = UnsafeMutableRawBufferPointer(start: source.base, count: source.layout.tablesEnd)
        if mode & 1 == 0 { whole.sealIdentity() }
        for (bit, offset) in StateSlot.offsets.enumerated() where mode & (2 << bit) == 0 {
            whole.sealStructure(at: offset, StateSlot.byteCount)
        }
    }

    // MARK: Attaching

    private func attach(_ mode: UInt8, _ input: inout FuzzInput) throws(Finding) -> FileLayout? {
        let lengths = [
            source.layout.tablesEnd, source.layout.copyBytes, source.layout.tablesEnd - 1, CopyExaminer.headerBytes - 1,
        ]
        let length = lengths[Int(mode >> 3 & 3)]
        input.tell("attaching to \(length) bytes of it; unsealed by its bits are \(mode & 7)")
        let found: (layout: FileLayout, state: StateSlot)
        do throws(TandemError) {
            found = try SourceExaminer.examine(
                UnsafeMutableRawBufferPointer(start: source.base, count: length), path: "source", checksum: fuzzChecksum
            )
        } catch {
            input.tell("refused: \(error)")
            try expect(error.detail?.subject == "source", "an error that does not name the file: \(error)")
            try expect(
                [.notTandem, .formatVersion, .corrupt, .wrongLength, .wrongRole].contains(error.code),
                "an error of another kind: \(error)")
            return nil
        }
        let layout = found.layout
        try LayoutRules.check(layout)
        try expect(
            length == layout.tablesEnd || length == layout.copyBytes,
            "\(length) bytes are taken for a source of \(layout.tablesEnd)")
        try expect(found.state.role == .source, "\(found.state.role) is taken for a source")
        return layout
    }

    private func sameGeometry(_ layout: FileLayout) -> Bool {
        layout.tables.count == source.layout.tables.count
            && zip(layout.tables, source.layout.tables).allSatisfy {
                $0.offset == $1.offset && $0.payloadBytes == $1.payloadBytes && $0.capacity == $1.capacity
            }
    }

    // MARK: What must hold

    /// What `status` and committed reads do.
    private func look() throws(Finding) {
        let area = source.area
        _ = (
            area.owed.count, area.missed.count, area.taken.isEmpty,
            source.memory.dirty.count(wordCount: source.layout.runtime.wordCount)
        )
        for table in source.layout.tables {
            try expect(area.descriptor(table.number).recordsCopied >= 0, "a negative descriptor")
        }
        for writer in 0 ..< source.layout.writerCount { _ = source.memory.writer(writer).summary }
        for (table, index) in [(0, 0), (0, 1), (0, 99), (1, 0), (1, 29), (2, 0), (2, 1)] { try read(table, index) }
    }

    private func read(_ table: Int, _ index: Int) throws(Finding) {
        let view = source.tables[table]
        let error = withUnsafeTemporaryAllocation(byteCount: view.layout.payloadBytes, alignment: 16) { room in
            steps.watch { () -> TandemError.Code? in
                do throws(TandemError) { try view.read(index, into: room.baseAddress!) } catch { return error.code }
                return nil
            }
        }
        try expect(error == nil || error == .readContended, "a read fails with \(String(describing: error))")
        try expect(steps.count <= Self.readStepsMax, "a read takes \(steps.count) looks at shared memory")
    }

    /// A committed read of memory in which nobody moves is over soon: 4088 bytes, and what its retries cost.
    private static let readStepsMax = 200_000

    private func recover(_ layout: FileLayout) throws(Finding) {
        keepUntouched()
        for writer in 0 ..< layout.writerCount {
            let wasIdle = source.memory.writer(writer).statusWord & 7 == 0
            WriterRecovery.recover(slot: writer, in: source.memory, layout: layout)
            try expect(source.memory.writer(writer).statusWord & 7 == 0, "writer \(writer) is recovered and not idle")
            if !wasIdle { try expectUnlocked(writer) }
            try expect(
                WriterRecovery.recover(slot: writer, in: source.memory, layout: layout) == 0,
                "writer \(writer) is recovered twice")
        }
        try expectUntouched()
    }

    /// Recovery writes to bitmaps, writer slots, undo logs and records; never to what lies before.
    private func keepUntouched() {
        for part in untouchedParts {
            (kept + part.lowerBound).copyMemory(from: source.base + part.lowerBound, byteCount: part.count)
        }
    }

    private func expectUntouched() throws(Finding) {
        for part in untouchedParts {
            let (now, before) = (
                UnsafeRawBufferPointer(start: source.base + part.lowerBound, count: part.count),
                UnsafeRawBufferPointer(start: kept + part.lowerBound, count: part.count)
            )
            try expect(now.isEqual(to: before), "recovery wrote to \(part)")
        }
    }

    /// No record that the log names is still locked by its writer.
    private func expectUnlocked(_ writer: Int) throws(Finding) {
        let number = source.memory.writer(writer).statusWord >> 3
        for (transaction, table, index) in source.memory.undoNames(of: writer) {
            guard transaction == number, table < source.tables.count, index < source.layout.tables[table].capacity
            else { continue }
            let owner = source.tables[table].headerWord(index) & 0xFFFF
            try expect(
                owner != UInt64(writer + 1), "record \(index) of table \(table) is still locked by writer \(writer)")
        }
    }

    /// A new writer in each slot: it changes what it can lock, and puts back what it does not commit.
    private func write() throws(Finding) {
        for writer in 0 ..< source.layout.writerCount {
            var transaction = WriterLog(memory: source.memory, writer: writer)
            for (table, commits) in [(0, true), (1, false), (2, true)] {
                try write(table, writer % source.layout.tables[table].capacity, commits, &transaction)
            }
        }
    }

    private func write(_ table: Int, _ index: Int, _ commits: Bool, _ transaction: inout WriterLog) throws(Finding) {
        let view = source.tables[table]
        let value = UInt64(0x7700 + table)
        do throws(TandemError) {
            try transaction.begin()
            try transaction.hold(view, index).storeBytes(of: value, as: UInt64.self)
        } catch {
            try expect(
                [.conflict, .superseded, .transactionTooLarge].contains(error.code), "a write fails with \(error)")
            if error.code != .superseded { transaction.rollBack() }
            return
        }
        if commits, transaction.canCommit {
            do throws(TandemError) { try transaction.commit() } catch {
                try expect(error.code == .superseded, "a commit fails with \(error)")
                return transaction.rollBack()
            }
            let payload =
                source.base + view.layout.offset + view.layout.slotOffset(of: index, page: view.layout.page(of: index))
                + 16
            try expect(payload.load(as: UInt64.self) == value, "a committed value is not there")
            try expect(
                view.epochWord(index) == transaction.lastCommitEpoch || view.headerWord(index) & 0xFFFF != 0,
                "a committed record has another epoch")
        } else {
            transaction.rollBack()
        }
    }
}
