import TandemCore

/// Writers, engine, driver and faults, interleaved at the granularity of API calls and engine polls by one seed; and an
/// oracle that knows what every cut must be.
final class SeededTraffic {
    struct Change {
        var table, index: Int
        var value: UInt64
    }
    struct Committed {
        var epoch: UInt64
        var changes: [Change]
    }

    let bench: EngineHarness
    var random: SeededRandom
    private(set) var history: [Committed] = []
    private var open: [[Change]?]
    private var writers: [WriterBox]
    private var value: UInt64 = 0
    /// Cuts that the engine has said to be whole on the copy.
    private(set) var acknowledged: UInt64 = 0

    final class WriterBox {
        var transaction: WriterLog
        init(_ source: TestSource, _ number: Int) { transaction = source.writer(number) }
    }

    init(seed: UInt64, source: TestSource = TestSource(), options: EngineOptions = EngineOptions()) {
        random = SeededRandom(seed: seed)
        bench = EngineHarness(source, options)
        writers = (0 ..< 3).map { WriterBox(source, $0) }
        open = Array(repeating: nil, count: 3)
    }

    /// One random step of one random writer. `kills`: it may die, and a new one takes its slot after recovery.
    func stepWriter(kills: Bool = false) throws {
        let writer = Int.random(in: 0 ..< writers.count, using: &random)
        let source = bench.source
        guard var changes = open[writer] else {
            try writers[writer].transaction.begin()
            open[writer] = []
            return
        }
        switch Int.random(in: 0 ..< 10, using: &random) {
        case 0 ..< 6:
            let table = Int.random(in: 0 ..< 2, using: &random)
            // Few hot records, some cold; partitioned table: each writer its own third.
            let hot = Bool.random(using: &random)
            let index =
                table == 0
                ? writer + 3 * Int.random(in: 0 ..< (hot ? 4 : 120), using: &random)
                : Int.random(in: 0 ..< (hot ? 4 : 40), using: &random)
            value += 1
            do throws(TandemError) {
                try writers[writer].transaction.fill(source.view(table), index, value)
                changes.append(Change(table: table, index: index, value: value))
                open[writer] = changes
            } catch {
                writers[writer].transaction.rollBack()
                open[writer] = nil
            }
        case 6 ..< 9:
            try writers[writer].transaction.commit()
            history.append(Committed(epoch: writers[writer].transaction.lastCommitEpoch, changes: changes))
            open[writer] = nil
        default:
            if kills, Bool.random(using: &random) {
                WriterRecovery.recover(slot: writer, in: source.memory, layout: source.layout)
                writers[writer] = WriterBox(source, writer)
            } else {
                writers[writer].transaction.rollBack()
            }
            open[writer] = nil
        }
    }

    func poll() {
        bench.poll(after: UInt64.random(in: 1000 ..< 400_000, using: &random))
        acknowledged = max(acknowledged, bench.source.area.committed.load())
    }

    /// Ends all open transactions.
    func quiesce() {
        for writer in writers.indices where open[writer] != nil {
            writers[writer].transaction.rollBack()
            open[writer] = nil
        }
    }

    /// The engine is killed, and its successor started.
    func restartEngine() {
        bench.driver.kill(landing: Bool.random(using: &random))
        bench.engine = bench.source.engine(bench.engine.testOptions)
    }

    /// What is wrong with the copy as it stands: nil when a promotion now would give exactly its cut.
    func violation(mustBePromotable: Bool) throws -> String? {
        guard let recovered = try bench.recovered() else {
            return mustBePromotable ? "the copy is not promotable in phase \(bench.engine.phase)" : nil
        }
        if let lost = try bench.surveyed()?.lostThrough {
            return "the journal ends at \(recovered.cut), and is said to have lost cuts up to \(lost)"
        }
        guard recovered.cut >= acknowledged else {
            return "cut \(acknowledged) was acknowledged, the copy has \(recovered.cut)"
        }
        var expected: [[Int: UInt64]] = [[:], [:]]
        for transaction in history where transaction.epoch <= recovered.cut {
            for change in transaction.changes { expected[change.table][change.index] = change.value }
        }
        for table in bench.source.layout.tables {
            for index in 0 ..< table.capacity {
                let wanted = expected[table.number][index] ?? 0
                let words = recovered.read(table.number, index)
                if words.contains(where: { $0 != wanted }) {
                    return
                        """
                        cut \(recovered.cut), table \(table.number) record \(index): \(Set(words)) where \(wanted) was \
                        committed
                        """
                }
            }
        }
        return nil
    }
}
