import CSimulation
import TandemCore

/// The driver of a copy at a server: what `NBDDriver` tells the engine, over a way that takes time and breaks.
final class RemoteDriver: SimulatedDriver {
    let server: SimulatedServer
    /// The next session's number, known in the source before the standby hears of it.
    private let rise: () -> UInt64
    /// A number that no standby has taken: it is asked for again.
    var untaken: UInt64?
    var quiet: QuietTime
    var link: SimulatedLink?

    init(
        to server: SimulatedServer, shelf: SimulatedDirectory, plan: DevicePlan, isDurable: Bool, process: Int,
        random: SeededRandom, knowsOfLoss: @escaping () -> Bool, isGone: @escaping () -> Bool,
        rise: @escaping () -> UInt64
    ) {
        self.server = server
        self.rise = rise
        // Somebody may have left writes there.
        quiet = QuietTime(nanoseconds: NetworkPlan.quiet, isUnsettled: server.reach.opened > 0)
        super.init(
            shelf: shelf, plan: plan, isDurable: isDurable, process: process, random: random, knowsOfLoss: knowsOfLoss,
            isGone: isGone)
    }

    private var latency: UInt64 { 1 + random.around(server.plan.latencyMean) }

    override func launch(_ command: CopyCommand) {
        switch command.operation {
        case .probe: dial(command)
        case .close:
            hangUp()
            complete(command, .done)
        // An export cannot take another one's place.
        case .format(_, beside: true): complete(command, .failed(CopyFailure(.refused, errno: 95)))
        case .publishRebuild: complete(command, .failed(CopyFailure(.refused, errno: 22)))
        default: send(command)
        }
    }

    func complete(_ command: CopyCommand, _ result: CopyCompletion.Result) {
        completed.append(CopyCompletion(token: command.token, result: result))
    }

    private func dial(_ command: CopyCommand) {
        hangUp()
        let number = untaken ?? rise()
        // The process may have been killed with that step.
        if isGone() { return }
        untaken = number
        now = tandem_now()
        var link = SimulatedLink(number, to: server, limit: SimulatedLink.limit, at: now)
        var flight = Flight(command: command, lands: 0, completes: .max, failure: nil, file: nil)
        flight.arrives = link.arrival(now + latency)
        flight.lands = flight.arrives
        self.link = link
        add(flight)
    }

    private func send(_ command: CopyCommand) {
        guard let lost = link.map(\.lost) else {
            return complete(command, .failed(CopyFailure(.notFound, errno: 9)))
        }
        if let lost { return complete(command, .failed(lost)) }
        noteOverlap(with: command)
        let failure = shelf.trouble.strikes(isWrite: command.isWrite, isFlush: command.isFlush)
        var flight = Flight(command: command, lands: 0, completes: .max, failure: failure, file: target)
        flight.arrives = link!.arrival(now + latency)
        flight.lands = flight.arrives + random.around(command.isFlush ? plan.flushMean : plan.writeMean)
        if command.isWrite, shelf.trouble.hang > 0 {
            flight.lands += shelf.trouble.hang
            shelf.trouble.hang = 0
        }
        flight.mark = target?.landed ?? 0
        if command.isFlush, let target { flight.lost = target.knownLost }
        link!.silence.noteSent(command.asked, at: now)
        add(flight)
        if command.isWrite { server.noteWrite(at: now) }
    }

    private func add(_ flight: Flight) {
        flights.append(flight)
        nextEvent = min(nextEvent, flight.lands, link?.silence.end.map { $0 + 1 } ?? .max)
        if case .dialling? = link?.stage { nextEvent = min(nextEvent, now + SimulatedLink.dialLimit + 1) }
    }

    // MARK: Time

    override func advance(to time: UInt64) {
        now = time
        lookAtLink()
        guard time >= nextEvent else { return }
        var index = 0
        while index < flights.count {
            if flights[index].lands <= time { arrive(index) }
            if flights[index].completes <= time, !isHeldUp(index) {
                hear(flights.remove(at: index))
            } else {
                index += 1
            }
        }
        if let link, link.lost == nil, link.silence.isOver(at: time) {
            server.reach.givenUp += 1
            breakOff(CopyFailure(.late))
        }
        if let link, case .dialling = link.stage, time > link.dialled + SimulatedLink.dialLimit {
            breakOff(CopyFailure(.unreachable, errno: 110))
        }
        nextEvent = flights.reduce(.max) { min($0, $1.lands, $1.completes) }
        if let link, !flights.isEmpty {
            if let end = link.silence.end { nextEvent = min(nextEvent, end + 1) }
            if case .dialling = link.stage { nextEvent = min(nextEvent, link.dialled + SimulatedLink.dialLimit + 1) }
        }
    }

    /// What has become of the connection meanwhile.
    private func lookAtLink() {
        guard let link, link.lost == nil else { return }
        if link.life != server.life || link.breaks != server.breaks {
            server.reach.breaks += 1
            breakOff(CopyFailure(.disconnected, errno: 104))
        } else if link.halfOpens != server.halfOpens, link.halfOpenSince == nil {
            self.link!.halfOpenSince = now
        }
    }

    /// A request is where the server comes to it.
    private func arrive(_ index: Int) {
        let flight = flights[index]
        if let since = link?.halfOpenSince, flight.arrives > since {
            flights[index].lands = .max
            return
        }
        let later = server.toServer.delayed(now, arrived: flight.arrives)
        if later > now {
            flights[index].lands = later + latency
            flights[index].arrives = later
            return
        }
        guard let answer = performed(flight, index) else { return }
        flights[index].answer = answer
        flights[index].lands = .max
        flights[index].completes = link?.halfOpenSince == nil ? link!.answer(now + latency) : .max
    }

    /// No answer gets through.
    private func isHeldUp(_ index: Int) -> Bool {
        if link?.halfOpenSince != nil {
            flights[index].completes = .max
            return true
        }
        let later = server.toClient.delayed(now)
        if later > now { flights[index].completes = link!.answer(later + 1) }
        return later > now
    }

    /// What the server answers; nil where it has not done with it.
    private func performed(_ flight: Flight, _ index: Int) -> CopyCompletion.Result? {
        guard let link else { return nil }
        if case .probe = flight.command.operation { return opened(link, index) }
        guard server.admitted(link.session, life: link.life) != nil else {
            server.reach.fenced += 1
            return .failed(CopyFailure(.disconnected, errno: 108))
        }
        switch flight.command.operation {
        // The page that says how far the tables are looks at the file's name.
        case .inquire where server.file !== shelf.atPath: return .failed(CopyFailure(.inputOutput, errno: 22))
        default: break
        }
        land(flight)
        return result(of: flight)
    }

    /// A probe: first a session is opened, then the copy is examined, or looked at where there is none.
    private func opened(_ link: SimulatedLink, _ index: Int) -> CopyCompletion.Result? {
        do throws(CopyFailure) {
            switch link.stage {
            case .dialling:
                guard server.isUp else { throw CopyFailure(.unreachable, errno: 111) }
                do throws(CopyFailure) {
                    try server.open(link.session)
                    self.link!.stage = .open
                } catch { self.link!.stage = .refused }
                self.link!.silence.noteSent(.read, at: now)
                flights[index].lands = now + latency + latency + random.around(plan.writeMean)
                flights[index].arrives = flights[index].lands
                return nil
            case .open:
                guard let file = server.admitted(link.session, life: link.life) else {
                    throw CopyFailure(.disconnected, errno: 108)
                }
                if server.plan.fences { quiet.noteFenced() }
                guard quiet.isOver(at: now) else {
                    server.reach.quietWaits += 1
                    throw CopyFailure(.unsettled)
                }
                if let failure = shelf.trouble.strikes(isWrite: false, isFlush: false) { throw failure }
                return .probed(try examine(file), server.plan.fences ? abilities : MediumAbilities())
            case .refused:
                guard let file = shelf.atPath,
                    let slot = CopyExaminer.newestSlot(
                        of: file, expected: shelf.layout, path: "copy", checksum: simulationChecksum),
                    !slot.ancestors.isEmpty
                else { throw CopyFailure(.inUse) }
                return .probed(.locked(slot), abilities)
            }
        } catch { return .failed(error) }
    }

    /// An answer has come.
    private func hear(_ flight: Flight) {
        if case .probe = flight.command.operation {
            // One that was refused was never opened.
            if case .refused? = link?.stage {} else { untaken = nil }
            if case .dialling? = link?.stage {
                quiet.noteUnanswered()
            } else {
                link?.silence.noteAnswered(.read, at: now)
            }
        } else {
            link?.silence.noteAnswered(flight.command.asked, at: now)
        }
        complete(flight.command, flight.answer ?? .failed(CopyFailure(.inputOutput, errno: 5)))
    }

    // MARK: The end

    override func kill(handingOver late: (LateWrite) -> Void) {
        now = tandem_now()
        hangUp()
        flights.removeAll()
        completed.removeAll()
        nextEvent = .max
    }

    /// Its standby goes with it.
    override func losePower() {
        server.die(at: tandem_now(), for: 0)
        hasConnection = false
        link?.halfOpenSince = nil
    }
}
