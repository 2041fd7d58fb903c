import TandemCore

/// The engine's driver over two small copies, the one at the path and one beside it. It completes at once or when told,
/// in either order, and may fail. Every command is looked at: whatever has been scribbled, the engine writes where it
/// may and what it must.
final class HostileDriver {
    private let layout = FuzzLayout.exchange
    private let source: FuzzMemory
    private let staging: EngineStaging
    /// At the path, and beside it.
    private(set) var copy: SparseCopy
    private var beside: SparseCopy
    private(set) var state = State()
    private(set) var finding: Finding?
    /// Whether the writer of a slot lives.
    var isAlive: (Int) -> Bool = { _ in false }

    struct State {
        var isOpen = false
        var hasBeside = false
        var isPresent = true
        var holds = false
        var failing: CopyFailure?
        var sequence: UInt64 = 0
        fileprivate var held: [Held] = []
        fileprivate var completed: [CopyCompletion] = []
    }

    fileprivate struct Held {
        let command: CopyCommand
        let checksum: UInt32
    }

    init(_ source: FuzzMemory, staging: EngineStaging) {
        self.source = source
        self.staging = staging
        copy = SparseCopy(layout)
        beside = SparseCopy(layout)
        copy.count = 0
    }

    // MARK: From input to input

    struct Image {
        fileprivate let state: State
        fileprivate let header, tables, journal: [UInt8]
        fileprivate let count: Int
    }

    func image() -> Image {
        Image(
            state: state, header: Array(copy.header), tables: Array(copy.tables), journal: Array(copy.journal),
            count: copy.count)
    }

    func restore(_ image: Image) {
        state = image.state
        finding = nil
        copy.begin(count: image.count)
        copy.header.copyBytes(from: image.header)
        copy.tables.copyBytes(from: image.tables)
        copy.journal.copyBytes(from: image.journal)
    }

    // MARK: What an input may do to it

    func turn(_ input: inout FuzzInput) {
        switch input.byte() & 15 {
        case 0 ... 2:
            state.holds.toggle()
            input.tell("commands are \(state.holds ? "held back" : "carried out at once") from here on")
        case 3 ... 5: release(backwards: false, count: 1 + input.number(below: 8), input)
        case 6, 7: release(backwards: true, count: 1 + input.number(below: 8), input)
        case 8: fail(.inputOutput, 5, input)
        case 9: fail(.noSpace, 28, input)
        case 10: fail(.identityChanged, 0, input)
        case 11:
            state.isPresent.toggle()
            input.tell("the copy \(state.isPresent ? "is back" : "is gone")")
        default: release(backwards: false, count: .max, input)
        }
    }

    private func release(backwards: Bool, count: Int, _ input: FuzzInput) {
        input.tell(
            """
            \(min(count, state.held.count)) of \(state.held.count) held commands are carried \
            out\(backwards ? ", the last one first" : "")
            """
        )
        release(backwards: backwards, count: count)
    }

    private func fail(_ kind: CopyFailure.Kind, _ errno: Int32, _ input: FuzzInput) {
        state.failing = CopyFailure(kind, errno: errno)
        input.tell("the next command fails: \(kind)")
    }

    private func release(backwards: Bool, count: Int) {
        for _ in 0 ..< min(count, state.held.count) {
            perform(backwards ? state.held.removeLast() : state.held.removeFirst())
        }
    }

    /// Nothing fails any more, and nothing waits.
    func calm() {
        state.holds = false
        state.failing = nil
        state.isPresent = true
        release(backwards: false, count: .max)
    }

    /// The process that drove it is gone.
    func kill(landing: Bool) {
        if landing { release(backwards: false, count: .max) }
        state.held.removeAll()
        state.completed.removeAll()
        state.isOpen = false
        state.hasBeside = false
    }

    // MARK: Commands

    func reap(into completions: inout [CopyCompletion]) {
        completions.append(contentsOf: state.completed)
        state.completed.removeAll(keepingCapacity: true)
    }

    func submit(_ commands: [CopyCommand]) {
        for command in commands {
            do throws(Finding) { try admit(command) } catch { note(error) }
            let held = Held(command: command, checksum: checksum(of: command))
            if state.holds { state.held.append(held) } else { perform(held) }
        }
    }

    private func note(_ finding: Finding) { if self.finding == nil { self.finding = finding } }

    private func checksum(of command: CopyCommand) -> UInt32 {
        guard state.holds, case .write(let address, let count, _) = command.operation else { return 0 }
        return fuzzChecksum(address, count)
    }

    private func perform(_ held: Held) {
        if held.checksum != 0, case .write(let address, let count, let offset) = held.command.operation,
            fuzzChecksum(address, count) != held.checksum
        {
            note(Finding("what is to be written at \(offset) was changed while the write was under way"))
        }
        var result = CopyCompletion.Result.done
        do throws(CopyFailure) { result = try carryOut(held.command.operation) } catch { result = .failed(error) }
        state.completed.append(CopyCompletion(token: held.command.token, result: result))
    }

    private func carryOut(_ operation: CopyCommand.Operation) throws(CopyFailure) -> CopyCompletion.Result {
        switch operation {
        case .close:
            state.isOpen = false
            state.hasBeside = false
            return .done
        case .reviveWriter(let writer):
            if isAlive(writer) { return .writerRevived(false) }
            WriterRecovery.recover(slot: writer, in: source.memory, layout: layout)
            return .writerRevived(true)
        default: break
        }
        if let failure = state.failing {
            state.failing = nil
            throw failure
        }
        guard state.isPresent else { throw CopyFailure(.notFound, errno: 2) }
        switch operation {
        case .probe:
            // As the product's drivers: one that is still open, as its answer was given up, is closed first.
            state.isOpen = false
            state.hasBeside = false
            copy.isReadOnly = true
            let found = try CopyExaminer.examine(copy, expected: layout, path: "copy", checksum: fuzzChecksum)
            state.isOpen = true
            if case .copy(let slot, _) = found { state.sequence = slot.sequence }
            return .probed(found, .pages)
        case .format(let slot, let isBeside):
            let made = isBeside ? beside : copy
            made.count = layout.copyBytes
            made.header.copyBytes(from: CopyFormatter.header(layout: layout, slot: slot, checksum: fuzzChecksum))
            made.tables.initializeMemory(as: UInt8.self, repeating: 0)
            made.journal.initializeMemory(as: UInt8.self, repeating: 0)
            state.hasBeside = isBeside
            state.sequence = slot.sequence &+ 1
        case .publishRebuild:
            (copy, beside) = (beside, copy)
            state.hasBeside = false
        case .replay(let slot, let end, let budget):
            target.isReadOnly = false
            return .replayed(
                try CopyRecovery.replay(
                    target, layout: layout, slot: slot, until: end, budget: budget, checksum: fuzzChecksum))
        case .write(let address, let count, let offset):
            target.put(UnsafeRawBufferPointer(start: address, count: count), at: offset)
        case .read(let bytes, let count, let offset), .readOnce(let bytes, let count, let offset):
            try target.read(into: UnsafeMutableRawBufferPointer(start: bytes, count: count), at: offset)
        case .flush, .watch, .close, .reviveWriter: break
        }
        return .done
    }

    /// What is being written: the copy, or the one that is made beside it.
    private var target: SparseCopy { state.hasBeside ? beside : copy }
}

// MARK: What the engine may ask for

extension HostileDriver {
    private func admit(_ command: CopyCommand) throws(Finding) {
        switch command.operation {
        case .write(let address, let count, let offset):
            try expect(state.isOpen, "a write to a copy that is not open")
            let bytes = UnsafeRawBufferPointer(start: address, count: count)
            if offset >= layout.tablesEnd {
                try expect(isWithin(bytes, staging.journal), "a cut is written from somewhere else")
                try expect(
                    count > 0 && offset + count <= layout.journalOffset + layout.journalBytes,
                    "a write of \(count) bytes at \(offset), behind the journal")
            } else if offset >= layout.tablesOffset {
                try expect(isWithin(bytes, staging.images), "an image is written from somewhere else")
                try admitImage(bytes, offset)
            } else {
                try expect(isWithin(bytes, staging.state), "a state slot is written from somewhere else")
                try admitSlot(bytes, offset)
            }
        case .probe:
            try expect(
                !state.held.contains { $0.command.concernsCopy }, "a copy is opened while commands to it are under way")
        case .reviveWriter(let writer):
            try expect((0 ..< layout.writerCount).contains(writer), "writer \(writer) is to be revived")
        case .publishRebuild: try expect(state.hasBeside, "nothing was made beside the copy")
        case .format(let slot, _):
            try expect(
                slot.role == .syncing && slot.generation == FuzzLayout.generation, "a copy is laid out as \(slot)")
        case .replay(let slot, _, _):
            try expect(slot.journalTail <= UInt64.max - UInt64(layout.journalBytes), "a replay from \(slot)")
        case .read(let address, let count, let offset), .readOnce(let address, let count, let offset):
            try expect(state.isOpen, "a read of a copy that is not open")
            let room = UnsafeRawBufferPointer(start: address, count: count)
            try expect(isWithin(room, staging.state) || isWithin(room, staging.images), "a read to elsewhere")
            try expect(offset >= 0 && offset + count <= layout.copyBytes, "a read of \(count) bytes at \(offset)")
        case .flush, .watch, .close: break
        }
    }

    private func isWithin(_ bytes: UnsafeRawBufferPointer, _ region: UnsafeMutableRawBufferPointer) -> Bool {
        bytes.baseAddress! >= UnsafeRawPointer(region.baseAddress!)
            && bytes.baseAddress! + bytes.count <= UnsafeRawPointer(region.baseAddress! + region.count)
    }

    /// Whole pages of one table, every record of them sealed and no newer than any cut can be.
    private func admitImage(_ bytes: UnsafeRawBufferPointer, _ offset: Int) throws(Finding) {
        guard let table = layout.tables.last(where: { $0.offset <= offset }),
            (offset - table.offset) % table.pageBytes == 0,
            bytes.count % table.pageBytes == 0,
            bytes.count > 0, offset + bytes.count <= table.offset + table.byteCount
        else { throw Finding("a write of \(bytes.count) bytes at \(offset), which are no pages of a table") }
        let first = (offset - table.offset) / table.pageBytes
        for page in 0 ..< bytes.count / table.pageBytes {
            for (place, index) in table.records(onPage: first + page).enumerated() {
                let slot = bytes.baseAddress! + page * table.pageBytes + place * table.slotBytes
                try expect(
                    PageImage.isSealed(table, index, at: slot, checksum: fuzzChecksum),
                    "record \(index) of table \(table.number) is not sealed")
                try expect(
                    slot.load(fromByteOffset: 8, as: UInt64.self) < 1 << 55,
                    "record \(index) of table \(table.number) has an impossible epoch")
            }
        }
    }

    private func admitSlot(_ bytes: UnsafeRawBufferPointer, _ offset: Int) throws(Finding) {
        try expect(
            StateSlot.offsets.contains(offset) && bytes.count == 4096,
            "a write of \(bytes.count) bytes at \(offset), where no state slot is")
        guard let slot = StateSlot.decode(bytes.baseAddress!, checksum: fuzzChecksum) else {
            throw Finding("a state slot is written that nobody could read")
        }
        try expect(
            slot.offset == offset && slot.role != .source && slot.generation == FuzzLayout.generation,
            "a wrong state slot: \(slot)")
        // The word from which they are counted may be scribbled over: farther on then, and never back.
        try expect(
            slot.sequence > state.sequence && slot.sequence <= StateSlot.cutMax,
            "state slot \(slot.sequence) behind \(state.sequence)")
        state.sequence = slot.sequence
    }
}

extension CopyCommand {
    fileprivate var concernsCopy: Bool {
        if case .reviveWriter = operation { return false }
        return true
    }
}
