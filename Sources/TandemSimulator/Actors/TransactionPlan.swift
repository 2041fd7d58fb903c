import TandemCore

/// What a transaction is going to do.
struct TransactionPlan {
    struct Record { var table, index: Int }

    private(set) var changes: [Record] = []
    private(set) var reads: [Record] = []
    private(set) var aborts = false

    init(random: inout SeededRandom, number: Int, plan: Plan, layout: FileLayout) {
        let hot = random.chance(plan.hotSixteenths, of: 16)
        func call() -> Record {
            let own = layout.tables[0].capacity / plan.writers
            return Record(table: 0, index: number + plan.writers * random.below(hot ? min(2, own) : own))
        }
        func trunk() -> Record { Record(table: 1, index: random.below(hot ? 1 : layout.tables[1].capacity)) }
        func route() -> Record { Record(table: 3, index: random.below(layout.tables[3].capacity)) }
        func account() -> Record { Record(table: 2, index: random.below(hot ? 2 : layout.tables[2].capacity)) }
        switch random.below(10) {
        case 0: changes = random.below(2) == 0 ? [call(), route()] : [call()]
        case 1 ..< 3: changes = [call()]
        case 3 ..< 5: changes = [call(), trunk()]
        case 5: changes = [account(), account()]
        case 6: changes = [call(), trunk(), account(), account()]
        case 7:
            reads = [
                random.below(2) == 0 ? trunk() : account(),
                Record(table: 0, index: random.below(hot ? 4 : layout.tables[0].capacity)),
            ]
            changes = [call()]
        case 8: changes = [trunk()]
        default: changes = (0 ..< 1 + random.below(20)).map { _ in random.below(2) == 0 ? call() : account() }
        }
        aborts = random.below(10) == 0
    }
}
