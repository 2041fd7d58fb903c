import TandemCore

/// A copy in plain memory, and a driver for it. What it may do is on top, so that a test's faults can be read off:
/// complete at once or when told, in any order, fail with an error, vanish, and be another file when it is back.
/// It never tears a write and never loses a completed one.
final class MemoryCopy: CopyBytes {
    var bytes: [UInt8] = []
    var count: Int { bytes.count }

    func read(into destination: UnsafeMutableRawBufferPointer, at offset: Int) throws(CopyFailure) {
        guard offset >= 0, offset + destination.count <= bytes.count else { throw CopyFailure(.inputOutput, errno: 5) }
        bytes.withUnsafeBytes {
            destination.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset ..< offset + destination.count]))
        }
    }

    func write(_ source: UnsafeRawBufferPointer, at offset: Int) throws(CopyFailure) {
        guard offset >= 0, offset + source.count <= bytes.count else { throw CopyFailure(.noSpace, errno: 28) }
        bytes.withUnsafeMutableBytes { UnsafeMutableRawBufferPointer(rebasing: $0[offset...]).copyMemory(from: source) }
    }
}

final class MemoryDriver: CopyDriver {
    let source: TestSource
    var copy = MemoryCopy()
    var beside: MemoryCopy?
    /// Commands wait here until `release` while `holds` says so.
    var holds: (CopyCommand) -> Bool = { _ in false }
    var held: [CopyCommand] = []
    /// The failure a command ends with, if any.
    var fails: (CopyCommand) -> CopyFailure? = { _ in nil }
    /// What a probe finds, if not the copy.
    var examination: CopyExamination?
    var abilities = MediumAbilities()
    /// How the copy can be compared with its source.
    var content: ContentAccess {
        get { abilities.content }
        set { abilities.content = newValue }
    }
    /// Applies what arrives, where `abilities` say so; nil once it has given that up.
    var arriving: ArrivingCopy<MemoryCopy>?
    var isPresent = true
    var hasRoomBeside = true
    /// Whether a writer's slot is nobody's: tests without threads ask only for writers that they have killed.
    var mayRecover: (_ writer: Int) -> Bool = { _ in true }
    var didRecover: (_ writer: Int) -> Void = { _ in }
    private(set) var bytesWritten = 0
    private(set) var flushes = 0
    private var completed: [CopyCompletion] = []

    init(_ source: TestSource) { self.source = source }

    var target: MemoryCopy { beside ?? copy }

    func submit(_ commands: [CopyCommand]) {
        for command in commands {
            if holds(command) { held.append(command) } else { perform(command) }
        }
    }

    func reap(into completions: inout [CopyCompletion]) {
        completions.append(contentsOf: completed)
        completed.removeAll()
    }

    func release(_ order: ([CopyCommand]) -> [CopyCommand] = { $0 }) {
        let commands = order(held)
        held.removeAll()
        for command in commands { perform(command) }
    }

    /// Performs what is held, in order, for as long as `permits` says so of the next one.
    func release(while permits: (CopyCommand) -> Bool, then spend: (CopyCommand) -> Void) {
        while let next = held.first, permits(next) {
            spend(next)
            perform(held.removeFirst())
        }
    }

    /// The process that drove it is killed: what the kernel had taken lands, or it had taken nothing yet; nobody hears
    /// of it, and a rebuild is nobody's.
    func kill(landing: Bool) {
        if landing { release() }
        held.removeAll()
        completed.removeAll()
        beside = nil
    }

    private func perform(_ command: CopyCommand) {
        completed.append(
            CopyCompletion(token: command.token, result: fails(command).map { .failed($0) } ?? result(of: command)))
    }

    private func beginArriving() throws(CopyFailure) {
        arriving = abilities.appliesArrivals ? try ArrivingCopy(copy, checksum: testChecksum) : nil
    }

    private func result(of command: CopyCommand) -> CopyCompletion.Result {
        do throws(CopyFailure) {
            switch command.operation {
            case .reviveWriter(let writer):
                guard mayRecover(writer) else { return .writerRevived(false) }
                WriterRecovery.recover(slot: writer, in: source.memory, layout: source.layout)
                didRecover(writer)
                return .writerRevived(true)
            case .close:
                beside = nil
                return .done
            default: break
            }
            guard isPresent else { throw CopyFailure(.notFound, errno: 2) }
            switch command.operation {
            case .probe:
                if let examination { return .probed(examination, abilities) }
                try beginArriving()
                return .probed(
                    try CopyExaminer.examine(copy, expected: source.layout, path: "copy", checksum: testChecksum),
                    abilities)
            case .format(let slot, let isBeside):
                if isBeside, !hasRoomBeside { throw CopyFailure(.noSpace, errno: 28) }
                let made = isBeside ? MemoryCopy() : copy
                made.bytes = CopyFormatter.header(layout: source.layout, slot: slot, checksum: testChecksum)
                made.bytes.append(contentsOf: [UInt8](repeating: 0, count: source.layout.copyBytes - made.bytes.count))
                if isBeside { beside = made } else { try beginArriving() }
            case .publishRebuild:
                copy = beside!
                beside = nil
                try beginArriving()
            case .replay(let slot, let until, let budget):
                return .replayed(
                    try CopyRecovery.replay(
                        target, layout: source.layout, slot: slot, until: until, budget: budget, checksum: testChecksum)
                )
            case .inquire: return .applied(arriving?.end)
            case .write(let address, let count, let offset):
                let bytes = UnsafeRawBufferPointer(start: address, count: count)
                if beside == nil, arriving != nil {
                    try arriving!.write(bytes, at: offset)
                } else {
                    try target.write(bytes, at: offset)
                }
                bytesWritten += count
            case .read(let bytes, let count, let offset), .readOnce(let bytes, let count, let offset):
                let room = UnsafeMutableRawBufferPointer(start: bytes, count: count)
                if case .digests(let start) = content, offset >= start {
                    try PageDigest.serve(into: room, at: offset - start, of: source.layout, checksum: testChecksum) {
                        part, place, body throws(CopyFailure) in
                        try target.read(into: part, at: place)
                        body(part.baseAddress!)
                    }
                } else {
                    try target.read(into: room, at: offset)
                }
            case .flush: flushes += 1
            case .watch, .close, .reviveWriter: break
            }
            return .done
        } catch { return .failed(error) }
    }
}
