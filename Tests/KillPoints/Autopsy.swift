import Glibc
import Tandem
import TandemCore

/// What one death left, and whether each way of recovery puts it right.
struct Autopsy {
    enum Outcome { case nothingUnderWay, undone, committed }

    let stand: KillPointFixture
    let scenario: Scenario

    /// What the victim's slot says of its last transaction.
    var outcome: Outcome {
        switch stand.victimState {
        case .idle: .nothingUnderWay
        case .active, .committing: .undone
        case .committed: .committed
        }
    }

    /// The stage that readers see before anybody has recovered anything.
    func stageSeen() throws -> Int {
        var seen: Int?
        for place in scenario.changes {
            let stage = try stage(of: place)
            if let seen, seen != stage {
                throw Violation("half a transaction: \(place) is at stage \(stage), others at \(seen)")
            }
            seen = stage
        }
        guard let seen, scenario.stages.contains(seen) else { throw Violation("stage \(seen ?? -1) must not be seen") }
        return seen
    }

    /// Recovers the dead writer in this way and looks at everything.
    func recover(by way: Recovery, to stage: Int) throws {
        stand.dead.putBack()
        try expectCutIntact(recovered: false)
        switch way {
        case .nextWriter:
            var writer = try stand.source.makeWriter()
            try expectRecovered(to: stage)
            try expectUsable(&writer)
        case .replicator:
            guard try stand.source.reviveWriter(KillPointFixture.victimSlot) else {
                throw Violation("its slot's lock is still held")
            }
            try expectRecovered(to: stage)
            var writer = try stand.source.makeWriter()
            try expectUsable(&writer)
        case .neighbour:
            try expectNeighbourFinds(stage)
            // What is left of the dead writer must not undo what the neighbour has done since.
            var writer = try stand.source.makeWriter()
            guard try scenario.changes.allSatisfy({ try self.stage(of: $0) == Self.neighbourStage }) else {
                throw Violation("recovery undid a living writer's change")
            }
            try expectUsable(&writer)
        }
    }

    private static let neighbourStage = 1001
    private static let nextStage = 1002

    /// The stage at which this is the value of a record; nil if it is at none, or another's.
    func stage(of place: Place, _ value: UnsafeRawBufferPointer) -> Int? {
        if scenario.isKeyed {
            let table = stand.source.layout.tables[place.table]
            for (stage, image) in [stand.marked, stand.done].enumerated()
            where memcmp(value.baseAddress!, image.payload(of: place, table), value.count) == 0 { return stage }
        }
        return place.stage(of: value)
    }

    private func stage(of place: Place) throws -> Int {
        let table = stand.tables[place.table]
        return try withUnsafeTemporaryAllocation(byteCount: table.payloadBytes, alignment: 16) { room in
            try table.read(at: place.index, into: room)
            guard let stage = self.stage(of: place, UnsafeRawBufferPointer(room)) else {
                throw Violation("\(place) is torn: \(Array(room))")
            }
            return stage
        }
    }

    /// A neighbour's transaction meets the dead writer's records, finds that it is dead, and goes on.
    private func expectNeighbourFinds(_ stage: Int) throws {
        var found: [Int?] = []
        try stand.neighbour.transaction { change throws(TandemError) in
            found.removeAll()
            for place in scenario.changes {
                try change.update(stand.tables[place.table], at: place.index) {
                    found.append(self.stage(of: place, UnsafeRawBufferPointer($0)))
                }
                try stand.write(place, Self.neighbourStage, in: &change)
            }
        }
        guard found.allSatisfy({ $0 == stage }) else {
            throw Violation("a neighbour found stages \(found), not \(stage)")
        }
    }

    private func expectUsable(_ writer: inout Writer) throws {
        guard stand.victimState == .idle else { throw Violation("the slot is not idle: \(stand.victimState)") }
        try writer.transaction { change throws(TandemError) in
            for place in scenario.changes { try stand.write(place, Self.nextStage, in: &change) }
        }
        for place in scenario.changes where try stage(of: place) != Self.nextStage {
            throw Violation("the next transaction's change of \(place) is not there")
        }
    }
}

/// Who puts a dead writer's transaction right.
enum Recovery: String, CaseIterable {
    /// Another takes over its slot.
    case nextWriter = "the next writer"
    /// The replicator sees a status that does not move, and asks for the lock.
    case replicator = "the replicator"
    /// A living one meets a lock that does not go away.
    case neighbour = "a neighbour"
}

/// What must not be.
struct Violation: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
