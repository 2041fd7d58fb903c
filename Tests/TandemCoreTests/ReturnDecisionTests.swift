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
            knownSequence: 20, flushLost: flushLost, isPartWay: isPartWay, adopts: adopts)
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
                            for bits in 0 ..< 32 {
                                all.append(
                                    Situation(
                                        found: found, kin: kin, role: role, cut: cut, sequence: sequence,
                                        flushLost: bits & 1 != 0, isPartWay: bits & 2 != 0, adopts: bits & 4 != 0,
                                        isSibling: bits & 8 != 0, isUnknown: bits & 16 != 0))
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
                gets: { .full($0.slot, .adopted, promotable: $0.isPromotable) }),
            Row(
                "an ancestor's that was ahead", { isAncestor($0) && !$0.adopts && $0.isAhead },
                gets: { _ in .refuse(.copyIsNewer) }),
            Row(
                "an ancestor's", { isAncestor($0) && !$0.adopts && !$0.isAhead }, gets: { _ in .refuse(.refused) }),
            Row(
                "ours, newer than we are, or one that we do not know", { isOwn($0) && $0.isNewer && !$0.adopts },
                gets: { _ in .refuse(.copyIsNewer) }),
            Row(
                "ours, newer than we are, or one that we do not know, adopted",
                { isOwn($0) && $0.isNewer && $0.adopts },
                gets: { .full($0.slot, .adopted, promotable: $0.isPromotable) }),
            Row(
                "ours, syncing, after a failed flush",
                { isOwn($0) && !$0.isNewer && $0.role == .syncing && $0.flushLost }, gets: { _ in .format }),
            Row(
                "ours, syncing", { isOwn($0) && !$0.isNewer && $0.role == .syncing && !$0.flushLost },
                gets: { .full($0.slot, .wasSyncing, promotable: false) }),
            Row(
                "ours, its journal damaged",
                { isOwn($0) && !$0.isNewer && $0.role == .consistent && $0.journal == nil },
                gets: { .full($0.slot, .journalDamaged, promotable: false) }),
            Row(
                "ours, after a failed flush", { isOwnWhole($0) && $0.flushLost },
                gets: { .full($0.slot, .flushFailed, promotable: true) }),
            Row(
                "ours, another's bulk copy was left half-way", { isOwnWhole($0) && !$0.flushLost && $0.isPartWay },
                gets: { .full($0.slot, .cutUnknown, promotable: true) }),
            Row(
                "ours, another slot or cut than was left, or another copy",
                { isOwnWhole($0) && !$0.flushLost && !$0.isPartWay && (!isKnown($0) || $0.isSibling) },
                gets: { .full($0.slot, .cutUnknown, promotable: true) }),
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
            case .ancestor, .ancestorOfUnknownEnd: holdsMore = situation.isAhead
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

@Suite("One line of lives")
struct LineageTests {
    private func generation(_ number: Int) -> Generation { Generation(high: UInt64(number) + 1, low: 0) }

    /// The lives of a line, each promoted from the one before at cut 100, 200, …
    private func line(_ count: Int) -> [Life] {
        var lives = [Life(generation(0))]
        for number in 1 ..< count { lives.append(lives[number - 1].next(generation(number), at: UInt64(number) * 100)) }
        return lives
    }

    @Test("Every life of a line of twenty knows every other as older or younger, the forgotten ones too")
    func kin() {
        let lives = line(20)
        for (older, mine) in lives.enumerated() {
            for (younger, theirs) in lives.enumerated() where younger > older {
                #expect(mine.kin(theirs) == .descendant, "\(older) and \(younger)")
                guard case .ancestor(let end) = theirs.kin(mine) else {
                    Issue.record("\(younger) and \(older)")
                    continue
                }
                // One that the list has forgotten gets the oldest end there: too late, never too early.
                #expect(end == UInt64(max(older + 1, younger - 7)) * 100, "\(younger) and \(older)")
            }
            #expect(mine.kin(mine) == .same)
            #expect(mine.kin(Life(Generation(high: 99, low: 0))) == .stranger)
        }
    }

    @Test("Two copies of one source that were both promoted are cousins, and so are their descendants")
    func cousins() {
        let lives = line(12)
        for depth in 0 ..< 11 {
            let other = lives[depth].next(Generation(high: 77, low: 7), at: 1)
            #expect(lives[depth + 1].kin(other) == .cousin)
            #expect(other.kin(lives[depth + 1]) == .cousin)
        }
    }

    @Test("A slot written before lines were numbered says as much as its ancestors do")
    func derived() throws {
        let lives = line(10)
        /// As an earlier version of the program wrote it: nothing but the ancestors.
        func plain(_ life: Life) -> Life { Life(life.generation, Lineage(ancestors: life.lineage.ancestors)) }
        for older in 0 ..< 8 { #expect(lives[older].kin(plain(lives[8])) == .descendant) }
        // Nothing says that the first and the ninth belong together.
        #expect(plain(lives[0]).kin(plain(lives[9])) == .stranger)
        // From the next promotion on it is known again, as far as the list goes back.
        let next = plain(lives[7]).next(generation(99), at: 5)
        #expect(lives[0].kin(next) == .descendant && next.kin(lives[0]) == .ancestor(end: 5))
    }

    @Test("A slot brings its line back from the bytes it was written to")
    func encoded() throws {
        for life in line(12) {
            let slot = StateSlot(sequence: 3, generation: life.generation, lineage: life.lineage, role: .consistent)
            var bytes = [UInt8](repeating: 0, count: StateSlot.byteCount)
            bytes.withUnsafeMutableBytes { slot.encode(into: $0.baseAddress!, checksum: testChecksum) }
            let read = try #require(bytes.withUnsafeBytes { StateSlot.decode($0.baseAddress!, checksum: testChecksum) })
            #expect(read == slot && read.life == life)
        }
    }

    @Test("A source of an earlier version says at which cut it took over, though its line does not")
    func sourceEnd() {
        let slot = StateSlot(
            sequence: 3, generation: generation(2), lineage: Lineage(ancestors: [generation(1)]), role: .source, cut: 77
        )
        #expect(slot.life.kin(Life(generation(1))) == .ancestor(end: 77))
    }

    @Test(
        "A moment is told by the calendar",
        arguments: [
            (0, "1970-01-01 00:00:00 UTC"), (951_782_399, "2000-02-28 23:59:59 UTC"),
            (951_782_400, "2000-02-29 00:00:00 UTC"), (1_709_251_199, "2024-02-29 23:59:59 UTC"),
            (1_795_841_407, "2026-11-28 04:50:07 UTC"), (4_107_542_400, "2100-03-01 00:00:00 UTC"),
        ] as [(UInt64, String)])
    func wallTime(seconds: UInt64, text: String) { #expect("\(WallTime(seconds * 1_000_000_000))" == text) }
}
