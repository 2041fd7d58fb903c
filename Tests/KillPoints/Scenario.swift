import CLinuxTrace
import Tandem

/// A piece of a writer's life, from its first mark to its second, in which it is killed after every instruction.
struct Scenario: Sendable {
    let name: String
    /// The records that it changes. They stand at stage 0 at the first mark.
    var changes: [Place]
    /// What it changes, and to what, is found by letting one live: records of a keyed table say of no stage.
    let isKeyed: Bool
    /// The stages at which a death may leave them, all at the same.
    let stages: ClosedRange<Int>
    /// Done to shared memory while the writer waits at its first mark.
    let prepare: @Sendable (KillPointFixture) throws(TandemError) -> Void
    let life: @Sendable (Session) throws(TandemError) -> Void

    init(
        _ name: String, changes: [Place], stages: ClosedRange<Int>,
        prepare: @escaping @Sendable (KillPointFixture) throws(TandemError) -> Void,
        life: @escaping @Sendable (Session) throws(TandemError) -> Void
    ) {
        self.name = name
        self.changes = changes
        isKeyed = changes.isEmpty
        self.stages = stages
        self.prepare = prepare
        self.life = life
    }

    /// A registered writer's transactions: one of stage 0 before the first mark, then those of `stages` above 0. The
    /// last may be left out of `stages` by one that does not commit.
    init(
        _ name: String, changes: [Place], transactions: Int = 1, stages: ClosedRange<Int>? = nil,
        prepare: @escaping @Sendable (KillPointFixture) throws(TandemError) -> Void = { _ in },
        transaction: @escaping @Sendable (inout Writer, Session, _ stage: Int) throws(TandemError) -> Void
    ) {
        self.init(name, changes: changes, stages: stages ?? 0 ... transactions, prepare: prepare) {
            session throws(TandemError) in
            var writer = try session.source.makeWriter()
            try transaction(&writer, session, 0)
            trace_mark()
            for stage in 1 ... transactions { try transaction(&writer, session, stage) }
            trace_mark()
        }
    }

    /// A registered writer's transaction over the keyed table, which `before` has filled before the first mark. All of
    /// it is stage 1.
    init(
        keyed name: String, prepare: @escaping @Sendable (KillPointFixture) throws(TandemError) -> Void = { _ in },
        before: @escaping @Sendable (inout Writer, Session) throws(TandemError) -> Void,
        transaction: @escaping @Sendable (inout Writer, Session) throws(TandemError) -> Void
    ) {
        self.init(name, changes: [], stages: 0 ... 1, prepare: prepare) { session throws(TandemError) in
            var writer = try session.source.makeWriter()
            try before(&writer, session)
            trace_mark()
            try transaction(&writer, session)
            trace_mark()
        }
    }
}
