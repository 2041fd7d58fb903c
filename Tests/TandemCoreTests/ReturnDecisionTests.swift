import TandemCore
import Testing

/// One thing that a probe may find, and what the source knows then.
private struct Situation {
    enum Found: CaseIterable { case blank, foreign, misfit, locked, copy }
    enum Kin: CaseIterable { case same, descendant, ancestor, ancestorOfUnknownEnd, cousin, stranger }
    /// Where the copy's journal ends, as the source sees it: it knows of cuts up to 10, 9 is the last on its copy.
    enum Cut: UInt64, CaseIterable { case damaged = 0, older = 5, committed = 9, shipping = 10, newer = 11 }

    var found: Found
    var kin = Kin.same
    var role = StateSlot.Role.consistent
    var cut = Cut.committed
    /// The source wrote slot 20 last.
    var sequence: UInt64 = 20
    var flushLost = false
    var isPartWay = false
    var adopts = false
    /// Another of the source's copies has come to this place.
    var isSibling = false
    /// The source knows no copy with its id: it was forgotten, or made where the source's file was another one.
    var isUnknown = false
    /// Its pages can be compared with the source's.
    var isComparable = false

    static let ours = Generation(high: 5, low: 0)
    static let before = Generation(high: 4, low: 0)
    static let source = Life(Generation(high: 3, low: 0)).next(before, at: 0).next(ours, at: 7)

    var slot: StateSlot {
        let life: Life =
            switch kin {
            case .same: Self.source
            case .descendant: Self.source.next(Generation(high: 6, low: 0), at: 9)
            case .ancestor: Life(Self.before)
            // The end of the one before the last was not written down, but it was no later than the last one's.
            case .ancestorOfUnknownEnd: Life(Generation(high: 3, low: 0))
            case .cousin: Life(Self.before).next(Generation(high: 6, low: 1), at: 8)
            case .stranger: Life(Generation(high: 1, low: 1))
            }
        return StateSlot(
            sequence: sequence, generation: life.generation, lineage: life.lineage, role: role,
            cut: min(cut.rawValue, 5), copy: CopyID(high: 1, low: isSibling || isUnknown ? 2 : 1)
        )
    }

    var journal: JournalEnd? {
        role == .consistent && cut != .damaged ? JournalEnd(position: 4096, cut: cut.rawValue) : nil
    }

    var examination: CopyExamination {
        switch found {
        case .blank: .blank
        case .foreign: .foreign(TandemError(.notTandem))
        case .misfit: .misfit(slot, TandemError(.wrongSchema))
        case .locked: .locked(slot)
        case .copy: .copy(slot, journal: journal)
        }
    }

    var decisionSource: ReturnDecision.Source {
        ReturnDecision.Source(
            life: kin == .cousin || kin == .ancestor ? Life(Self.before).next(Self.ours, at: 7) : Self.source,
            copy: CopyID(high: 1, low: 1), knowsCopy: !isUnknown, committed: 9, shipping: 10, known: 10, sequence: 20,
            knownSequence: 20, flushLost: flushLost, isPartWay: isPartWay, adopts: adopts,
            isComparable: isComparable)
    }

    var isPromotable: Bool { role == .consistent && journal != nil }
    /// A sibling was ahead when its life ended, at cut 7.
    var isAhead: Bool { role == .consistent && cut.rawValue > 7 }
    /// Or may be, for all that the source can say.
    var isNewer: Bool { isUnknown || sequence > 22 || role == .consistent && cut == .newer }

    static let all: [Situation] = {
        var all: [Situation] = []
        for found in Found.allCases {
            for kin in Kin.allCases {
                for role in [StateSlot.Role.source, .syncing, .consistent] {
                    for cut in Cut.allCases {
                        for sequence in 18 ... 24 as ClosedRange<UInt64> {
                            for bits in 0 ..< 64 {
                                all.append(
                                    Situation(
                                        found: found, kin: kin, role: role, cut: cut, sequence: sequence,
                                        flushLost: bits & 1 != 0, isPartWay: bits & 2 != 0, adopts: bits & 4 != 0,
                                        isSibling: bits & 8 != 0, isUnknown: bits & 16 != 0,
                                        isComparable: bits & 32 != 0))
                            }
                        }
                    }
                }
            }
        }
        return all
    }()
}

/// A row of the table in docs/internals/health.md.
private struct Row {
    let says: String
    let holds: (Situation) -> Bool
    let gets: (Situation) -> ReturnDecision

    init(_ says: String, _ holds: @escaping (Situation) -> Bool, gets: @escaping (Situation) -> ReturnDecision) {
        self.says = says
        self.holds = holds
        self.gets = gets
    }

    private static func isOwn(_ it: Situation) -> Bool { it.found == .copy && it.kin == .same && it.role != .source }
    private static func isOwnWhole(_ it: Situation) -> Bool { isOwn(it) && !it.isNewer && it.isPromotable }
    private static func isAncestor(_ it: Situation) -> Bool {
        it.found == .copy && [.ancestor, .ancestorOfUnknownEnd].contains(it.kin) && it.role != .source
    }
    private static func isBehind(_ it: Situation) -> Bool {
        isAncestor(it) && !it.adopts && !it.isAhead && it.role != .syncing
    }
    /// Everything; or what differs, where that can be told. What its journal holds is applied if it is whole.
    private static func all(_ it: Situation, _ reason: CopyReason, promotable: Bool = false) -> ReturnDecision {
        it.isComparable && !it.flushLost
            ? .compare(it.slot, promotable ? it.journal : nil, reason)
            : .full(it.slot, reason, promotable: promotable)
    }
    private static func isKnown(_ it: Situation) -> Bool { [20, 21].contains(it.sequence) && it.cut != .older }

    static var table: [Row] {
        [
            Row("nothing yet", { $0.found == .blank }, gets: { _ in .format }),
            Row("no Tandem file", { $0.found == .foreign }, gets: { _ in .refuse(.refused) }),
            Row("other tables or sizes", { $0.found == .misfit }, gets: { _ in .refuse(.refused) }),
            Row(
                "in use, and taken over from us", { $0.found == .locked && $0.kin == .descendant },
                gets: { _ in .superseded }),
            Row("in use", { $0.found == .locked && $0.kin != .descendant }, gets: { _ in .refuse(.inUse) }),
            Row("taken over from us", { $0.found == .copy && $0.kin == .descendant }, gets: { _ in .superseded }),
            Row(
                "a source", { $0.found == .copy && $0.kin != .descendant && $0.role == .source },
                gets: { _ in .refuse(.refused) }),
            Row(
                "another line's, or promoted beside us",
                { $0.found == .copy && [.cousin, .stranger].contains($0.kin) && $0.role != .source },
                gets: { _ in .refuse(.refused) }),
            Row(
                "an ancestor's, adopted", { isAncestor($0) && $0.adopts },
                gets: { all($0, .adopted, promotable: $0.isPromotable) }),
            Row(
                "an ancestor's that was ahead", { isAncestor($0) && !$0.adopts && $0.isAhead },
                gets: { _ in .refuse(.copyIsNewer) }),
            Row(
                "an ancestor's that holds no cut", { isAncestor($0) && !$0.adopts && $0.role == .syncing },
                gets: { all($0, .wasSyncing) }),
            Row(
                "an ancestor's that was not ahead of the one that was promoted",
                { isBehind($0) && $0.kin == .ancestor && $0.journal != nil },
                gets: { all($0, .wasBehind, promotable: true) }),
            Row(
                "an ancestor's of which that is not known",
                { isBehind($0) && ($0.kin != .ancestor || $0.journal == nil) }, gets: { _ in .refuse(.refused) }),
            Row(
                "ours, newer than we are, or one that we do not know", { isOwn($0) && $0.isNewer && !$0.adopts },
                gets: { _ in .refuse(.copyIsNewer) }),
            Row(
                "ours, newer than we are, or one that we do not know, adopted",
                { isOwn($0) && $0.isNewer && $0.adopts },
                gets: { all($0, .adopted, promotable: $0.isPromotable) }),
            Row(
                "ours, syncing, after a failed flush",
                { isOwn($0) && !$0.isNewer && $0.role == .syncing && $0.flushLost }, gets: { _ in .format }),
            Row(
                "ours, syncing", { isOwn($0) && !$0.isNewer && $0.role == .syncing && !$0.flushLost },
                gets: { all($0, .wasSyncing) }),
            Row(
                "ours, its journal damaged",
                { isOwn($0) && !$0.isNewer && $0.role == .consistent && $0.journal == nil },
                gets: { all($0, .journalDamaged) }),
            Row(
                "ours, after a failed flush", { isOwnWhole($0) && $0.flushLost },
                gets: { .full($0.slot, .flushFailed, promotable: true) }),
            Row(
                "ours, another's bulk copy was left half-way", { isOwnWhole($0) && !$0.flushLost && $0.isPartWay },
                gets: { all($0, .cutUnknown, promotable: true) }),
            Row(
                "ours, another slot or cut than was left, or another copy",
                { isOwnWhole($0) && !$0.flushLost && !$0.isPartWay && (!isKnown($0) || $0.isSibling) },
                gets: { all($0, .cutUnknown, promotable: true) }),
            Row(
                "ours, as it was left",
                { isOwnWhole($0) && !$0.flushLost && !$0.isPartWay && isKnown($0) && !$0.isSibling },
                gets: { .oneCut($0.slot, $0.journal!) }),
        ]
    }
}

@Suite("What a copy that answers is owed")
struct ReturnDecisionTests {
    @Test("Every combination of what a probe finds and a source knows is in exactly one row of the table, and gets it")
    func table() throws {
        let table = Row.table
        var counts = table.map { _ in 0 }
        for situation in Situation.all {
            let rows = table.indices.filter { table[$0].holds(situation) }
            try #require(rows.count == 1, "\(rows.map { table[$0].says }): \(situation)")
            counts[rows[0]] += 1
            let decision = ReturnDecision.decide(situation.examination, for: situation.decisionSource)
            try #require(decision == table[rows[0]].gets(situation), "\(table[rows[0]].says): \(situation)")
        }
        #expect(counts.reduce(0, +) == Situation.all.count && !counts.contains(0))
    }

    @Test("P8: no combination overwrites what the source lacks, unless it was told to")
    func newerIsKept() throws {
        for situation in Situation.all where situation.found == .copy && !situation.adopts {
            let holdsMore: Bool
            switch situation.kin {
            case .same: holdsMore = situation.isNewer
            case .ancestor: holdsMore = situation.isAhead
            // It may be, for all that is known.
            case .ancestorOfUnknownEnd: holdsMore = situation.role == .consistent
            case .descendant, .cousin, .stranger: holdsMore = true
            }
            guard holdsMore else { continue }
            switch ReturnDecision.decide(situation.examination, for: situation.decisionSource) {
            case .refuse, .superseded: break
            case let other: Issue.record("\(other): \(situation)")
            }
        }
    }

    @Test("A slot number beyond all that can be written is newer, and does not wrap to an older one")
    func lastSequence() {
        var situation = Situation(found: .copy)
        situation.sequence = .max
        #expect(
            ReturnDecision.decide(situation.examination, for: situation.decisionSource) == .refuse(.copyIsNewer))
    }
}
