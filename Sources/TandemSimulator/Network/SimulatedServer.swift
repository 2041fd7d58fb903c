import CSimulation
import TandemCore

/// The server that keeps a copy: its file, what it has in its buffers, and the production fence, if it is a standby.
///
/// It may: be killed, with all that it had not come to, and be started again; come late to what a connection that is
/// gone had sent; be silent. It never: performs a part of a write, or takes from a connection what was sent behind what
/// did not arrive. What was performed and not flushed survives its process, as the page cache does. Without a fence it
/// comes to all that a lost connection has left within the quiet time, counted from when it answers the next one.
final class SimulatedServer {
    let plan: NetworkPlan
    private unowned let shelf: SimulatedDirectory
    private var random: SeededRandom
    private var fence = SessionFence()
    /// What a session writes to.
    private(set) var file: SimulatedFile?
    /// Lives of its process, connections that were broken by others, and peers that are gone: a link that was dialled
    /// before the last of them is no more.
    private(set) var life = 0
    private(set) var breaks = 0
    private(set) var halfOpens = 0
    private(set) var toServer = PathSilence()
    private(set) var toClient = PathSilence()
    private var late: [LateRequest] = []
    private var returns: UInt64?
    private var lowers: UInt64?
    /// Writes to be sent before connections break, so that some are under way; and when they do.
    private var writesLeft: Int?
    private var breakDue: UInt64?
    private var nextFault: UInt64
    private(set) var nextEvent: UInt64 = 0
    var reach = NetworkReach()

    init(_ plan: NetworkPlan, of shelf: SimulatedDirectory, number: Int) {
        self.plan = plan
        self.shelf = shelf
        random = SeededRandom(seed: plan.seed &+ UInt64(number) &* 0x9E37_79B9_7F4A_7C15)
        nextFault = .max
        if let mean = plan.faultMean { nextFault = 1_000_000 + random.around(mean) }
    }

    var isUp: Bool { returns == nil }

    // MARK: Who may write

    /// As `Standby` does it, with a lock of which the simulator has no need: one thing happens at a time.
    func open(_ session: UInt64) throws(CopyFailure) {
        do throws(CopyFailure) { try admit(session) } catch {
            reach.openingsRefused += 1
            throw error
        }
        if plan.fences { fence.open(session) } else { hurry() }
        file?.beginSession()
        reach.opened += 1
    }

    private func admit(_ session: UInt64) throws(CopyFailure) {
        guard plan.fences else { return try admit() }
        guard fence.state != .promoted, fence.state != .promoting else { throw CopyFailure(.inUse) }
        learn()
        guard fence.mayOpen(session) else { throw CopyFailure(.inUse) }
        try admit()
    }

    private func admit() throws(CopyFailure) {
        if file !== shelf.atPath { letGo() }
        let file = if let open = self.file { open } else { try take() }
        guard !file.isDamaged else { throw CopyFailure(.inUse) }
        self.file = file
    }

    /// What is at the path, or what is made there: with storage behind each byte.
    private func take() throws(CopyFailure) -> SimulatedFile {
        guard shelf.hasFolder else { throw CopyFailure(.inUse) }
        let file = shelf.atPath ?? shelf.make()
        if shelf.atPath == nil {
            file.resize(to: shelf.layout.copyBytes)
            shelf.atPath = file
            file.arriving = nil
        }
        if shelf.arrives, file.arriving == nil { file.beginArriving() }
        return file
    }

    /// What the copy's slots say of sessions before this process.
    private func learn() {
        guard let file = shelf.atPath, let header = try? CopyExaminer.header(of: file) else { return }
        let sessions = header.withUnsafeBytes { raw in
            StateSlot.offsets.compactMap {
                StateSlot.decode(raw.baseAddress! + $0, checksum: simulationChecksum)?.session
            }
        }
        fence.learn(of: SessionNumber.highest(sessions))
    }

    /// The file, for what comes by this session's connection; nil: it is refused.
    func admitted(_ session: UInt64, life: Int) -> SimulatedFile? {
        guard isUp, life == self.life, !plan.fences || fence.admits(session) else { return nil }
        return file
    }

    private func letGo() {
        if let holder = fence.holder { _ = fence.end(holder) }
        file = nil
    }

    // MARK: Promotion

    /// From here on nothing that a primary has sent, or will, is performed.
    func raiseFence() {
        letGo()
        fence.raise()
    }

    func lowerFence(isSource: Bool) { fence.lower(isSource: isSource) }

    /// The copy has become a source, while its primary was there.
    func notePromoted() {
        reach.promoted += 1
        if plan.fences { lowerFence(isSource: true) }
    }

    // MARK: What lost connections leave

    /// A connection is gone, and this is what it had sent and the server had not come to.
    ///
    /// - Parameter isHeard: the server notices that the connection has ended, once it has come to all of it.
    func keep(_ left: [LateRequest.Action], of link: SimulatedLink, isHeard: Bool, at now: UInt64) {
        guard link.life == life else { return }
        var end = now + random.around(plan.latencyMean)
        for action in left where random.below(4) != 0 {
            let due = now + 1 + random.around(plan.lateMean)
            late.append(LateRequest(session: link.session, action: action, file: file, due: due))
            end = max(end, due)
        }
        if isHeard { late.append(LateRequest(session: link.session, action: .end, file: nil, due: end + 1)) }
        nextEvent = 0
    }

    /// It runs: what it has is performed before the quiet time is over.
    private func hurry() {
        let end = tandem_now() + NetworkPlan.quiet * 3 / 4
        for place in late.indices { late[place].due = min(late[place].due, end) }
    }

    /// A write is sent.
    func noteWrite(at now: UInt64) {
        guard let left = writesLeft else { return }
        writesLeft = left > 0 ? left - 1 : nil
        guard left == 0 else { return }
        breakDue = now + random.around(plan.latencyMean * 2 + 200)
        nextEvent = 0
    }

    private func perform(_ request: LateRequest) {
        switch request.action {
        case .write(let bytes, let offset):
            let admitted = plan.fences ? admitted(request.session, life: life) : request.file
            guard let file = admitted, !file.isDamaged else {
                return reach.lateRefused += 1
            }
            reach.latePerformed += 1
            bytes.withUnsafeBytes { file.arrive($0, at: offset) }
        case .open: try? open(request.session)
        case .end: if plan.fences, fence.end(request.session) { file = nil }
        }
    }

    // MARK: What happens to it

    func act(at now: UInt64, hangMean: UInt64, tell: (String) -> Void) {
        guard now >= nextEvent else { return }
        if !late.isEmpty {
            let due = late.filter { $0.due <= now }
            late.removeAll { $0.due <= now }
            for request in due { perform(request) }
        }
        if let due = returns, due <= now { returns = nil }
        if let due = lowers, due <= now {
            lowers = nil
            lowerFence(isSource: false)
        }
        if let due = breakDue, due <= now {
            breakDue = nil
            tell("connections break")
            breaks += 1
        }
        if nextFault <= now, let mean = plan.faultMean {
            nextFault = now + 1 + random.around(mean)
            strike(now, hangMean, tell)
        }
        nextEvent = min(
            nextFault, returns ?? .max, lowers ?? .max, breakDue ?? .max, late.reduce(.max) { min($0, $1.due) })
    }

    private func strike(_ now: UInt64, _ hangMean: UInt64, _ tell: (String) -> Void) {
        switch random.below(8) {
        case 0:
            tell("connections break")
            breaks += 1
        case 1, 2: writesLeft = random.below(12)
        case 3, 4:
            let time = random.around(hangMean)
            tell("the way is silent for \(time)")
            reach.silences += 1
            let way = random.below(3)
            if way != 0 { toServer.begin(at: now, for: time) }
            if way != 1 { toClient.begin(at: now, for: time) }
        case 5:
            tell("the peer is gone without a word")
            reach.halfOpen += 1
            halfOpens += 1
        case 6:
            tell("the standby is killed")
            die(at: now, for: random.around(20_000))
        default:
            guard plan.fences, fence.state != .promoted, lowers == nil, let file = shelf.atPath, !file.isDamaged else {
                return
            }
            tell("a promotion comes to nothing")
            reach.promotionsLeft += 1
            raiseFence()
            Promoting.beginInVain(file, layout: shelf.layout, &random)
            lowers = now + random.around(20_000)
        }
    }

    /// With everything that it had in its buffers. It knows of no session but those that the copy's slots name.
    func die(at now: UInt64, for time: UInt64) {
        reach.deaths += 1
        life += 1
        late.removeAll()
        letGo()
        shelf.atPath?.arriving = nil
        let isSource = fence.state == .promoted
        fence = SessionFence()
        learn()
        if isSource { fence.lower(isSource: true) }
        lowers = nil
        returns = now + time
        nextEvent = 0
    }

    /// Nothing gets through for a while.
    func beSilent(at now: UInt64, for time: UInt64) {
        toServer.begin(at: now, for: time)
        toClient.begin(at: now, for: time)
    }

    /// No more faults. A peer that is gone stays so: a connection is given up by who has it.
    func relent(at now: UInt64) {
        (nextFault, writesLeft, breakDue) = (.max, nil, nil)
        toServer.end(at: now)
        toClient.end(at: now)
        if returns != nil { returns = now }
        if lowers != nil { lowers = now }
        nextEvent = 0
    }
}

/// What a connection had sent before it was lost.
struct LateRequest {
    enum Action {
        case write([UInt8], offset: Int)
        case open
        /// The server hears that the connection has ended.
        case end
    }

    let session: UInt64
    let action: Action
    /// What the connection had open.
    let file: SimulatedFile?
    var due: UInt64
}
