/// What a seed decides of its keyed table. Three of four seeds have none.
struct KeyedPlan {
    /// What the table's keys are hashed with.
    let secret: (UInt64, UInt64)
    /// Each writer's chance, of 8, that a transaction changes keys.
    let eighths: [Int]
    /// So many keys the writers try to keep there: few, both homes just full, chains, all slots.
    let population: Int
    /// All keys have one home: it, its neighbour and a chain of several buckets fill up.
    let hasOneHome: Bool
    /// Each choice of a key keeps to the first eight so often, of 8: those are changed by everybody.
    let hotEighths: Int

    /// - Parameter dice: drawn from for every seed, so that what others draw does not depend on it.
    init?(_ dice: inout SeededRandom) {
        let isKeyed = dice.below(4) == 0
        secret = (dice.next(), dice.next())
        eighths = (0 ..< World.writerMax).map { _ in [0, 3, 6][dice.below(3)] }
        population = [6, 30, 36, 52][dice.below(4)]
        hasOneHome = dice.below(2) == 0
        hotEighths = [0, 4][dice.below(2)]
        guard isKeyed else { return nil }
    }
}

/// One thing that a transaction does to a key.
struct KeyedStep {
    enum Action {
        case insert, upsert, update, remove
        /// Taken out and put in again by one transaction: it is there throughout.
        case replace
        case find
        /// By the handle under which this writer has met the key last, which may name nothing any more.
        case updateByHandle, removeByHandle, readByHandle
    }

    let action: Action
    /// Its place among the seed's keys.
    let key: Int
}

extension KeyedPlan {
    private static let mixed: [KeyedStep.Action] = [
        .insert, .insert, .insert, .upsert, .update, .update, .remove, .remove, .remove, .replace, .replace, .find,
        .find, .updateByHandle, .removeByHandle, .removeByHandle, .readByHandle,
    ]

    /// The steps of one transaction of a writer; none in some.
    ///
    /// - Parameter isShort: fewer keys are there than there are to be.
    func steps(of writer: Int, isShort: Bool, _ random: inout SeededRandom) -> [KeyedStep] {
        guard random.below(8) < eighths[writer] else { return [] }
        // Many at once only where the table is to fill up.
        let count = 1 + random.below(isShort ? 6 : 3)
        return (0 ..< count).map { _ in
            var action = Self.mixed[random.below(Self.mixed.count)]
            if isShort, random.below(4) != 0 { action = .insert }
            if !isShort, action == .insert, random.below(2) == 0 { action = .remove }
            let key = random.below(random.below(8) < hotEighths ? 8 : KeyedTables.keyCount)
            return KeyedStep(action: action, key: key)
        }
    }
}
