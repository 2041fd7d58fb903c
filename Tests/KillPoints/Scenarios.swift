import CLinuxTrace
import Tandem

extension Scenario {
    static var all: [Scenario] {
        [
            onePartitioned, oneShared, several, aborted, inAWindow, noRoom, claiming, givingBack, takingBack, refused,
            registering, overUndone, overCommitted,
        ] + keyed
    }

    static let onePartitioned = Scenario("one partitioned record", changes: [.call(3)]) {
        writer, session, stage throws(TandemError) in
        try writer.transaction { change throws(TandemError) in
            try change.set(session.calls, at: 3, to: session.call(3, stage))
        }
    }

    static let oneShared = Scenario("one shared record", changes: [.trunk(7)]) {
        writer, session, stage throws(TandemError) in
        try writer.transaction { change throws(TandemError) in
            try change.update(session.trunks, at: 7) { $0 = session.trunk(7, stage) }
        }
    }

    private static let five: [Place] = [.call(3), .call(4), .call(20), .trunk(7), .trunk(9)]

    /// Two pages of one table, two records of one page, two tables; one record is changed twice.
    static let several = Scenario("five records of two tables", changes: five, transaction: changeFive)

    private static func changeFive(
        _ writer: inout Writer, _ session: Session, _ stage: Int
    ) throws(TandemError) {
        try writer.transaction { change throws(TandemError) in try setFive(&change, session, stage) }
    }

    @inline(__always)
    private static func setFive(_ change: inout Transaction, _ session: Session, _ stage: Int) throws(TandemError) {
        try change.set(session.calls, at: 3, to: session.call(3, 99))
        try change.set(session.calls, at: 4, to: session.call(4, stage))
        try change.set(session.trunks, at: 7, to: session.trunk(7, stage))
        try change.update(session.calls, at: 3) { $0 = session.call(3, stage) }
        try change.update(session.calls, at: 20) { $0 = session.call(20, stage) }
        try change.set(session.trunks, at: 9, to: session.trunk(9, stage))
    }

    static let aborted = Scenario("the same, aborted", changes: five, stages: 0 ... 0) {
        writer, session, stage throws(TandemError) in
        if stage == 0 { try changeFive(&writer, session, 0) }
        do throws(TandemError) {
            try writer.transaction { change throws(TandemError) in
                try setFive(&change, session, stage + 1)
                throw change.abort()
            }
        } catch {
            guard error.code == .aborted else { throw error }
        }
    }

    /// While a capture runs the first transaction keeps the log before it, the second keeps the first's, the third
    /// drops the second's, as no capture can want them.
    static let inAWindow = Scenario(
        "three in the window of a cut", changes: [.call(3), .trunk(7)], transactions: 3, prepare: { $0.openWindow() }
    ) { writer, session, stage throws(TandemError) in
        try writer.transaction { change throws(TandemError) in
            try change.set(session.calls, at: 3, to: session.call(3, stage))
            try change.set(session.trunks, at: 7, to: session.trunk(7, stage))
        }
    }

    private static let fiveCalls = (0 ..< 5).map { Place.call($0) }

    private static func changeFiveCalls(
        _ writer: inout Writer, _ session: Session, _ stage: Int
    ) throws(TandemError) {
        try writer.transaction { change throws(TandemError) in
            for index in 0 ..< 5 { try change.set(session.calls, at: index, to: session.call(index, stage)) }
        }
    }

    /// A home holds seven calls. Five are kept for the capture, and the neighbour has the rest of the room in a
    /// transaction: the second transaction is rolled back at its third call, the capture abandoned, the log restarted.
    static let noRoom = Scenario(
        "no undo room, in a window", changes: fiveCalls, transactions: 2,
        prepare: { stand throws(TandemError) in
            stand.openWindow()
            stand.takeAllRoom()
        }, transaction: changeFiveCalls)

    /// The second transaction goes on in a segment that it claims, the third one in the same.
    static let claiming = Scenario(
        "undo room claimed, in a window", changes: fiveCalls, transactions: 3, prepare: { $0.openWindow() },
        transaction: changeFiveCalls)

    /// The window ends before the third transaction, which gives the segment of the second back.
    static let givingBack = Scenario(
        "undo room given back behind a window", changes: fiveCalls, transactions: 3, prepare: { $0.openWindow() }
    ) { writer, session, stage throws(TandemError) in
        if stage == 3 { KillPointFixture.closeWindow(of: session.source) }
        try changeFiveCalls(&writer, session, stage)
    }

    /// The neighbour has all of the room since an earlier window, and does nothing: the second transaction takes it.
    static let takingBack = Scenario(
        "undo room taken back from an idle writer", changes: fiveCalls, transactions: 2,
        prepare: { stand throws(TandemError) in
            stand.openWindow()
            for group in 0 ..< 3 {
                try stand.neighbourWrites(stage: 0, (0 ..< 5).map { .call(10 + group * 5 + $0) })
            }
            KillPointFixture.closeWindow(of: stand.source)
            stand.openWindow()
            stand.clean()
        }, transaction: changeFiveCalls)

    /// The second record is held by a living writer: up to the begin of the next attempt.
    static let refused = Scenario(
        "a record refused by its holder", changes: [.trunk(3)], stages: 0 ... 0,
        prepare: { stand throws(TandemError) in
            try stand.leaveOpen(stage: 99, [.trunk(7)], slot: KillPointFixture.neighbourSlot)
        }
    ) { writer, session, stage throws(TandemError) in
        var attempts = 0
        try writer.transaction { change throws(TandemError) in
            attempts += 1
            if attempts == 2 { trace_mark() }
            try change.set(session.trunks, at: 3, to: session.trunk(3, stage))
            try change.set(session.trunks, at: 7, to: session.trunk(7, stage))
        }
    }

    static let registering = Scenario(
        "registered, one record, deregistered", changes: [.call(3)], stages: 0 ... 1,
        prepare: { stand throws(TandemError) in
            try stand.neighbourWrites(stage: 0, [.call(3)])
            stand.clean()
        },
        life: { session throws(TandemError) in
            trace_mark()
            try registerAndWrite(session)
            trace_mark()
        })

    private static func registerAndWrite(_ session: Session) throws(TandemError) {
        var writer = try session.source.makeWriter()
        try writer.transaction { change throws(TandemError) in
            try change.set(session.calls, at: 3, to: session.call(3, 1))
        }
    }

    /// The recoverer of a dead writer is killed in its turn.
    static let overUndone = recovery("a dead writer's slot, to be undone", stages: 0 ... 0) { _ in }
    static let overCommitted = recovery("a dead writer's slot, committed", stages: 1 ... 1) { $0.passCommitPoint() }

    private static func recovery(
        _ name: String, stages: ClosedRange<Int>, _ further: @escaping @Sendable (KillPointFixture) -> Void
    ) -> Scenario {
        Scenario(name, changes: five, stages: stages) { stand throws(TandemError) in
            try stand.neighbourWrites(stage: 0, five)
            stand.clean()
            try stand.leaveOpen(stage: 1, five, slot: KillPointFixture.victimSlot)
            further(stand)
        } life: { session throws(TandemError) in
            trace_mark()
            _ = try session.source.makeWriter()
            trace_mark()
        }
    }
}
