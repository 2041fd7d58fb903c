import TandemCore

/// What stands at the copy's path and beside it, and what will go wrong with it.
final class SimulatedDirectory {
    let layout: FileLayout
    private let keepsLog: Bool
    private var spare: [SimulatedFile] = []
    private var used: [SimulatedFile] = []

    /// The file at the copy's path.
    var atPath: SimulatedFile?
    /// The same, while somebody has moved it away.
    var movedAway: SimulatedFile?
    /// The path's folder is there: a missing copy may be made.
    var hasFolder = true
    var hasRoomBeside = true
    var trouble = Trouble()
    /// A standby keeps the files in memory.
    var arrives = false
    /// Who keeps the files, on the other side of a network; nil: they are on this host, or as good as that.
    private(set) var server: SimulatedServer?
    /// Set in runs in which one operation after the other is made to fail.
    var counter: OperationCounter?

    init(layout: FileLayout, keepsLog: Bool) {
        self.layout = layout
        self.keepsLog = keepsLog
    }

    /// What a run of this plan begins with.
    func begin(_ plan: Plan, number: Int) {
        clear()
        arrives = plan.arrives
        server = plan.network.map { SimulatedServer($0, of: self, number: number) }
    }

    func make() -> SimulatedFile {
        let file = spare.popLast() ?? SimulatedFile(layout: layout, keepsLog: keepsLog)
        used.append(file)
        if arrives { file.beginArriving() }
        return file
    }

    /// Nobody will ever know what failed flushes have lost.
    func forgetLost() {
        for file in used { file.forgetLost() }
    }

    /// Everything as before the first step.
    func clear() {
        for file in used {
            file.clear()
            spare.append(file)
        }
        used.removeAll(keepingCapacity: true)
        atPath = nil
        movedAway = nil
        hasFolder = true
        hasRoomBeside = true
        trouble = Trouble()
        arrives = false
        server = nil
        counter = nil
    }
}

/// Failures that wait for the next operations of their kind.
struct Trouble {
    enum Kind { case write, flush, any }

    var kind = Kind.any
    /// Operations that still succeed before the first failure.
    var after = 0
    /// How many then fail; `.max`: for ever.
    var count = 0
    var failure = CopyFailure(.inputOutput, errno: 5)
    /// The next write hangs for this long.
    var hang: UInt64 = 0

    /// What an operation comes to.
    mutating func strikes(isWrite: Bool, isFlush: Bool) -> CopyFailure? {
        guard count > 0, kind == .any || (kind == .write && isWrite) || (kind == .flush && isFlush) else { return nil }
        if after > 0 {
            after -= 1
            return nil
        }
        if count != .max { count -= 1 }
        return failure
    }
}
