import CSimulation
import TandemCore

/// Another copy of the same source, beside the one that all faults are aimed at: with a device and a few troubles of
/// its own. What happens to it must not be noticed by the others.
final class SiblingCopy {
    let number: Int
    let area: RuntimeArea
    let shelf: SimulatedDirectory
    let staging: EngineStaging
    /// The one of the engine's process; nil while it is dead.
    var driver: SimulatedDriver?
    var phase = CopyPhase.offline(retry: 0)
    /// The engine is to follow it.
    private(set) var isWanted = true
    private(set) var device = DevicePlan(writeMean: 50, flushMean: 50)
    private var random = SeededRandom(seed: 0)
    private var faultMean: UInt64?
    private var nextFault = UInt64.max
    private var returns = UInt64.max

    init(number: Int, memory: SourceMemory, layout: FileLayout, staging: EngineStaging, keepsLog: Bool) {
        self.number = number
        self.staging = staging
        area = RuntimeArea(memory: memory, layout: layout, copy: number)
        shelf = SimulatedDirectory(layout: layout, keepsLog: keepsLog)
    }

    func followed(_ plan: Plan) -> FollowedCopy {
        FollowedCopy(number: number, id: Self.id(number), staging: staging.withJournal(of: plan.journalStaging))
    }

    static func id(_ number: Int) -> CopyID { CopyID(high: 9, low: UInt64(number) + 1) }

    func clear(plan: Plan, seed: UInt64) {
        shelf.begin(plan, number: number)
        driver = nil
        isWanted = true
        phase = .offline(retry: 0)
        random = SeededRandom(seed: seed ^ UInt64(number) &* 0x9E37_79B9_7F4A_7C15)
        device = DevicePlan(random: &random)
        faultMean = plan.faultMean
        nextFault = plan.faultMean.map { 1_000_000 + random.around($0) } ?? .max
        returns = .max
    }

    var nextEvent: UInt64 { min(nextFault, returns, driver?.nextEvent ?? .max, shelf.server?.nextEvent ?? .max) }

    /// It goes away, fails, hangs or is detached, and comes back.
    func act(at now: UInt64, hangMean: UInt64, tell: (String) -> Void) {
        shelf.server?.act(at: now, hangMean: hangMean) { tell("copy \(number): \($0)") }
        driver?.advance(to: now)
        if returns <= now { bringBack() }
        guard nextFault <= now, let faultMean else { return }
        nextFault = now + random.around(faultMean)
        switch random.below(5) {
        case 0:
            guard shelf.movedAway == nil, let file = shelf.atPath else { return }
            tell("copy \(number) is moved away")
            (shelf.movedAway, shelf.atPath) = (file, nil)
            shelf.hasFolder = random.below(2) == 0
            returns = now + random.around(40_000)
        case 1:
            shelf.trouble = Trouble(
                kind: [.write, .flush, .any][random.below(3)], after: random.below(40), count: 1 + random.below(4))
            tell("trouble for copy \(number): \(shelf.trouble)")
        case 2:
            shelf.trouble.hang = random.around(hangMean)
            tell("the next write to copy \(number) hangs for \(shelf.trouble.hang)")
        case 3:
            isWanted = false
            returns = now + random.around(40_000)
            tell("copy \(number) is to be detached")
        default: shelf.hasRoomBeside.toggle()
        }
    }

    /// No more faults.
    func relent(at now: UInt64) {
        shelf.server?.relent(at: now)
        nextFault = .max
        shelf.trouble = Trouble()
        shelf.hasRoomBeside = true
        bringBack()
    }

    private func bringBack() {
        returns = .max
        isWanted = true
        shelf.hasFolder = true
        guard let file = shelf.movedAway else { return }
        (shelf.movedAway, shelf.atPath) = (nil, file)
    }

    /// The last cut that it is said to hold, as the engine has just stored it; without taking a step.
    var committed: UInt64 { Self.committed(area) }

    static func committed(_ area: RuntimeArea) -> UInt64 {
        let block = area.layout.runtime.copies[area.copy].replicator
        let address = (area.memory.base + block + ReplicatorBlock.committedOffset).assumingMemoryBound(
            to: UInt64.self)
        guard let current = tandem_running() else { return address.pointee }
        return tandem_pending_value(current, address)
    }

    var summary: String {
        """
        \(phase), cut \(committed), taken \(area.taken.count), missed \(area.missed.count)\
        \(driver?.target === shelf.atPath ? "" : ", another file")
        """
    }

    /// It has everything.
    var isSettled: Bool {
        phase == .inSync && driver?.target === shelf.atPath && area.taken.isEmpty && area.missed.isEmpty
    }
}
