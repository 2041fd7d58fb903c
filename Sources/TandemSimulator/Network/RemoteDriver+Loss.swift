import TandemCore

/// A connection that is lost, and what it leaves with the server.
extension RemoteDriver {
    /// The connection is lost: with it everything ends that has no answer. What was performed is, and what was sent
    /// may be.
    func breakOff(_ failure: CopyFailure) {
        leaveBehind()
        for flight in flights {
            if case .probe = flight.command.operation { untaken = nil }
            if case .probe = flight.command.operation, case .dialling? = link?.stage { quiet.noteUnanswered() }
            complete(flight.command, .failed(failure))
        }
        flights.removeAll()
        nextEvent = .max
        link?.lost = failure
    }

    /// The server has got what had arrived, and of what was on its way the beginning.
    func leaveBehind() {
        guard let link, link.lost == nil else { return }
        let unsent = flights.filter { $0.answer == nil && $0.lands != .max }
        var reaching = random.below(unsent.count { $0.arrives > now } + 1)
        var left: [LateRequest.Action] = []
        if flights.contains(where: \.changes) { quiet.noteLeft() }
        for flight in unsent {
            if flight.arrives > now {
                guard reaching > 0 else { continue }
                reaching -= 1
            }
            left += flight.pieces(in: shelf.layout, isDialling: link.stage == .dialling)
        }
        server.keep(left, of: link, isHeard: link.halfOpenSince == nil, at: now)
    }

    func hangUp() {
        leaveBehind()
        link = nil
        close()
    }
}

extension SimulatedDriver.Flight {
    /// What it leaves with a server may be performed later.
    var changes: Bool {
        switch command.operation {
        case .write, .format, .replay: true
        default: false
        }
    }

    /// What of a request is performed where it arrives and nobody waits for its answer any more.
    func pieces(in layout: FileLayout, isDialling: Bool) -> [LateRequest.Action] {
        switch command.operation {
        case .write(let address, let count, let offset):
            return [.write([UInt8](UnsafeRawBufferPointer(start: address, count: count)), offset: offset)]
        case .format(let slot, _):
            return [.write(CopyFormatter.header(layout: layout, slot: slot, checksum: simulationChecksum), offset: 0)]
        case .replay(let slot, let until, let budget):
            guard let file else { return [] }
            let noted = NotedWrites(over: file)
            _ = try? CopyRecovery.replay(
                noted, layout: layout, slot: slot, until: until, budget: budget, checksum: simulationChecksum)
            return noted.writes
        case .probe: return isDialling ? [.open] : []
        default: return []
        }
    }
}

/// What a replay would write.
private final class NotedWrites: CopyBytes {
    private let file: SimulatedFile
    private(set) var writes: [LateRequest.Action] = []
    var count: Int { file.count }

    init(over file: SimulatedFile) { self.file = file }

    func read(into destination: UnsafeMutableRawBufferPointer, at offset: Int) throws(CopyFailure) {
        try file.read(into: destination, at: offset)
    }

    func write(_ source: UnsafeRawBufferPointer, at offset: Int) throws(CopyFailure) {
        writes.append(.write([UInt8](source), offset: offset))
    }
}
