import CSimulation
import TandemCore

/// The third driver: performs commands on simulated files, in its own time and order. One for each life of the engine's
/// process; its open file, its lock and its writes under way end with that.
class SimulatedDriver: CopyDriver {
    struct Flight {
        let command: CopyCommand
        var lands: UInt64
        var completes: UInt64
        let failure: CopyFailure?
        let file: SimulatedFile?
        var mark = 0
        /// The beginning of a write that fails arrives, rather than some of its sectors.
        var isShort = false
        /// What earlier flushes had lost, as the engine knew when it asked for this one. Once this one succeeds nothing
        /// but that knowledge tells these pages from sound ones, so they leave the cache then.
        var lost: [Range<Int>] = []
        /// When it is at the server, and what that has answered, on the way to a server.
        var arrives: UInt64 = 0
        var answer: CopyCompletion.Result?
    }

    let shelf: SimulatedDirectory
    let plan: DevicePlan
    let isDurable: Bool
    let process: Int
    /// The engine has it on record that a flush has failed.
    private let knowsOfLoss: () -> Bool
    /// Its process has died in the middle of a poll: what that asks for nobody hears.
    let isGone: () -> Bool
    var random: SeededRandom
    /// These have a row of their own, as what they decide is asked for in some seeds only.
    var dice: SeededRandom
    let abilities: MediumAbilities
    var flights: [Flight] = []
    var completed: [CopyCompletion] = []
    /// Writers whose death is to be looked into.
    var revivals: [(writer: Int, token: Token)] = []
    var now: UInt64 = 0

    var open: SimulatedFile?
    var beside: SimulatedFile?
    /// A process makes a missing copy only until it has seen one.
    var createsMissing = true
    /// False from a power loss of the copy's host until the copy is opened anew.
    var hasConnection = true

    init(
        shelf: SimulatedDirectory, plan: DevicePlan, isDurable: Bool, process: Int, random: SeededRandom,
        knowsOfLoss: @escaping () -> Bool, isGone: @escaping () -> Bool
    ) {
        self.shelf = shelf
        self.isDurable = isDurable
        self.plan = plan
        self.process = process
        self.knowsOfLoss = knowsOfLoss
        self.isGone = isGone
        var dice = random
        let digests = ContentAccess.digests(offset: shelf.layout.digestsOffset)
        abilities = MediumAbilities(
            content: [.none, .pages, digests][dice.below(3)],
            appliesArrivals: shelf.arrives && dice.below(4) != 0)
        self.dice = dice
        self.random = random
    }

    /// A state slot is on its way.
    var isWritingSlot: Bool {
        flights.contains { flight in
            guard case .write(_, _, let offset) = flight.command.operation else { return false }
            return StateSlot.offsets.contains(offset)
        }
    }

    /// What commands now go to.
    var target: SimulatedFile? { beside ?? open }

    func submit(_ commands: [CopyCommand]) {
        if isGone() { return }
        now = tandem_now()
        tandem_ring(true)
        for command in commands {
            if case .reviveWriter(let writer) = command.operation {
                revivals.append((writer, command.token))
            } else {
                launch(command)
            }
        }
    }

    func reap(into completions: inout [CopyCompletion]) {
        guard !completed.isEmpty else { return }
        shelf.atPath?.noteLossKnown()
        open?.noteLossKnown()
        beside?.noteLossKnown()
        completions.append(contentsOf: completed)
        completed.removeAll(keepingCapacity: true)
    }

    func complete(revivalOf token: Token, _ revived: Bool) {
        completed.append(CopyCompletion(token: token, result: .writerRevived(revived)))
    }

    /// When something next happens; `.max` when nothing is under way.
    var nextEvent = UInt64.max
    /// Moments at which something has happened.
    private(set) var events = 0

    func launch(_ command: CopyCommand) {
        noteOverlap(with: command)
        let isWrite = command.isWrite
        let isFlush = command.isFlush
        if case .probe = command.operation { hasConnection = true }
        let fault = shelf.counter?.begin(Operation(command))
        let failure =
            hasConnection
            ? fault?.failure ?? shelf.trouble.strikes(isWrite: isWrite, isFlush: isFlush)
            : CopyFailure(.inputOutput, errno: 5)
        let lands = now + 1 + random.around(isFlush ? plan.flushMean : plan.writeMean)
        var completes = lands + random.around(plan.writeMean / 4)
        if isWrite, shelf.trouble.hang > 0 {
            completes += shelf.trouble.hang
            shelf.trouble.hang = 0
        }
        let delay = shelf.counter?.delay(fault) ?? 0
        completes += delay
        var flight = Flight(
            command: command, lands: isWrite && delay == 0 && random.below(2) == 0 ? lands : completes,
            completes: completes, failure: failure, file: target)
        flight.isShort = fault == .short
        flight.mark = target?.landed ?? 0
        if isFlush, let target { flight.lost = target.knownLost }
        flights.append(flight)
        nextEvent = min(nextEvent, flight.lands, flight.completes)
    }

    /// Two commands that were under way at once and change the same bytes: which of them stays is chance.
    private(set) var overlap: String?

    func noteOverlap(with command: CopyCommand) {
        guard let target, let bytes = command.bytesChanged(in: shelf.layout) else { return }
        for flight in flights where flight.file === target {
            guard let others = flight.command.bytesChanged(in: shelf.layout), others.overlaps(bytes) else { continue }
            overlap = "\(command.summary), while \(flight.command.summary) is under way"
        }
    }

    /// A cut is written, and perhaps on no stable storage yet.
    var isFlushingCut: Bool {
        flights.contains { $0.command.isFlush && $0.command.token == .cutFlush }
    }

    /// Lets happen what is due.
    func advance(to time: UInt64) {
        guard time >= nextEvent else { return }
        now = time
        if let end = shelf.counter?.hangsUntil { return hang(until: end) }
        events += 1
        var index = 0
        while index < flights.count {
            if flights[index].lands <= time {
                land(flights[index])
                flights[index].lands = .max
            }
            if flights[index].completes <= time {
                let flight = flights.remove(at: index)
                completed.append(CopyCompletion(token: flight.command.token, result: result(of: flight)))
            } else {
                index += 1
            }
        }
        nextEvent = flights.reduce(.max) { min($0, $1.lands, $1.completes) }
    }

    /// The device answers nothing before `end`, and then everything in another order.
    private func hang(until end: UInt64) {
        for index in flights.indices {
            let answers = end + random.around(plan.writeMean)
            if flights[index].lands != .max { flights[index].lands = max(flights[index].lands, answers) }
            let landed = flights[index].lands == .max ? answers : flights[index].lands
            flights[index].completes = max(flights[index].completes, landed)
        }
        nextEvent = flights.isEmpty ? .max : end
    }

    /// The memory a write goes out from is read when it lands, not when it is asked for: a buffer used too soon shows.
    func land(_ flight: Flight) {
        guard case .write(let address, let count, let offset) = flight.command.operation, let file = flight.file else {
            return
        }
        let source = UnsafeRawBufferPointer(start: address, count: count)
        guard !file.isDamaged, hasConnection else { return }
        // Whoever keeps the file gives up applying, and the session goes on: what comes from here on is laid as it is.
        if abilities.appliesArrivals, dice.below(256) == 0 { file.arriving = nil }
        if flight.isShort {
            file.arrive(UnsafeRawBufferPointer(rebasing: source[..<(count / 2)]), at: offset)
        } else if flight.failure != nil {
            file.landPartly(source, at: offset, &random)
        } else {
            file.arrive(source, at: offset)
        }
    }

    func result(of flight: Flight) -> CopyCompletion.Result {
        do throws(CopyFailure) {
            if let failure = flight.failure {
                if flight.command.isFlush, let file = flight.file { flushFails(file) }
                if case .close = flight.command.operation {} else { throw failure }
            }
            switch flight.command.operation {
            case .probe: return .probed(try probe(), abilities)
            case .format(let slot, let isBeside): try format(slot, beside: isBeside)
            case .publishRebuild: try publish()
            case .replay(let slot, let until, let budget):
                guard let target else { throw CopyFailure(.notFound, errno: 2) }
                let bytes = CountedBytes(
                    file: target, counter: shelf.counter, reading: .replayRead, writing: .replayWrite)
                return .replayed(
                    try CopyRecovery.replay(
                        bytes, layout: shelf.layout, slot: slot, until: until, budget: budget,
                        checksum: simulationChecksum))
            case .inquire: return .applied(target?.arriving?.end)
            case .write: if flight.file == nil { throw CopyFailure(.inputOutput, errno: 9) }
            case .read(let bytes, let count, let offset), .readOnce(let bytes, let count, let offset):
                guard let file = flight.file else { throw CopyFailure(.inputOutput, errno: 9) }
                let room = UnsafeMutableRawBufferPointer(start: bytes, count: count)
                if offset >= shelf.layout.digestsOffset {
                    try file.digests(shelf.layout, into: room, at: offset)
                } else {
                    try file.read(into: room, at: offset)
                }
            case .flush:
                flight.file?.flush(through: flight.mark)
                guard let file = flight.file, !flight.lost.isEmpty else { break }
                file.evict(flight.lost)
                // What may be lost with the cache is overwritten once that is known, and promised to nobody any more.
                if !isDurable, knowsOfLoss() { file.acknowledged = 0 }
            case .watch: try watch()
            case .close: close()
            case .reviveWriter: break
            }
            return .done
        } catch { return .failed(error) }
    }

    func flushFails(_ file: SimulatedFile) {
        if shelf.counter == nil { file.flushFails(&random) } else { file.flushLosesAll() }
    }

    /// The process is killed. What the kernel had taken lands later, or in part, or had not been taken yet; the lock
    /// lasts until it has.
    func kill(handingOver late: (LateWrite) -> Void) {
        for flight in flights {
            // A flush that is going to fail does so, and tells nobody.
            if flight.command.isFlush, flight.failure != nil, let file = flight.file { flushFails(file) }
            guard case .write(let address, let count, let offset) = flight.command.operation, let file = flight.file,
                flight.lands != .max
            else { continue }
            let source = UnsafeRawBufferPointer(start: address, count: count)
            switch random.below(4) {
            case 0: break
            case 1: file.arrive(source, at: offset)
            case 2: file.landPartly(source, at: offset, &random)
            default:
                late(
                    LateWrite(
                        file: file, bytes: [UInt8](source), offset: offset,
                        lands: now + random.around(plan.writeMean * 4)))
            }
        }
        flights.removeAll()
        completed.removeAll()
        close()
    }

    /// The copy's host loses power: nothing that is under way arrives, and everything fails until it is opened anew.
    func losePower() {
        hasConnection = false
        for index in flights.indices {
            flights[index].lands = .max
            flights[index] = Flight(
                command: flights[index].command, lands: .max, completes: flights[index].completes,
                failure: CopyFailure(.inputOutput, errno: 5), file: nil)
        }
    }
}

/// A write of a killed process that the kernel had taken.
struct LateWrite {
    let file: SimulatedFile
    let bytes: [UInt8]
    let offset: Int
    let lands: UInt64
}

let simulationChecksum = Checksum { tandem_simulation_crc32c($0, $1, $2) }
