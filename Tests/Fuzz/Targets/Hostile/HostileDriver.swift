import TandemCore

/// The engine's driver over two small copies, the one at the path and one beside it. It completes at once or when told,
/// in either order, and may fail. Every command is looked at: whatever has been scribbled, the engine writes where it
/// may and what it must.
final class HostileDriver {
    let layout = FuzzLayout.exchange
    private let source: FuzzMemory
    let staging: EngineStaging
    /// At the path, and beside it.
    private(set) var copy: SparseCopy
    private var beside: SparseCopy
    var state = State()
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
        var held: [Held] = []
        fileprivate var completed: [CopyCompletion] = []
    }

    struct Held {
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
            // Every other time that it is opened it may be a standby's, which says that it applies.
            return .probed(found, MediumAbilities(content: .pages, appliesArrivals: state.sequence & 2 != 0))
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
        // It has not: whatever it says, the engine goes on.
        case .inquire: return .applied(state.sequence & 4 == 0 ? nil : JournalEnd(position: 1 << 62, cut: 1 << 62))
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
