import CLinuxTrace
import Tandem
import TandemTables

// Keyed tables: several records of three tables, which are one change or none.
extension Scenario {
    static var keyed: [Scenario] {
        [putIn, putInBesideFull, putInToAChain, changed, takenOut, filledFromAChain, replaced, inAWindowByKey]
    }

    private static let putIn = Scenario(keyed: "a key put in, with its trunk") { writer, session throws(TandemError) in
        try session.putIn(0 ..< 3, with: &writer)
    } transaction: { writer, session throws(TandemError) in
        try writer.transaction { change throws(TandemError) in
            _ = try change.insert(session.dialogs, key: 100, Trunk(repeating: 100), deadline: 1)
            try change.update(session.trunks, at: 7) { $0[0] += 1 }
        }
    }

    /// Where homes are nearly full, keys go to their second bucket; the writer's own free list is empty.
    private static let putInBesideFull = Scenario(keyed: "a key put in beside full homes") {
        writer, session throws(TandemError) in
        try session.putIn(0 ..< 40, with: &writer)
    } transaction: { writer, session throws(TandemError) in
        try session.putIn([100], with: &writer)
    }

    private static let putInToAChain = Scenario(keyed: "a key put into a chain") {
        writer, session throws(TandemError) in
        try session.putIn(session.chained.keys.dropLast(), with: &writer)
    } transaction: { writer, session throws(TandemError) in
        try session.putIn(session.chained.keys.suffix(1), with: &writer)
    }

    private static let changed = Scenario(keyed: "the record of a key changed") {
        writer, session throws(TandemError) in
        try session.putIn(0 ..< 3, with: &writer)
    } transaction: { writer, session throws(TandemError) in
        try writer.transaction { change throws(TandemError) in
            try change.update(session.dialogs, key: 1) { $0 = Trunk(repeating: 11) }
        }
    }

    /// Behind another that was, so that the free list has a last one.
    private static let takenOut = Scenario(keyed: "a key taken out") { writer, session throws(TandemError) in
        try session.putIn(0 ..< 3, with: &writer)
        _ = try writer.transaction { change throws(TandemError) in try change.remove(session.dialogs, key: 0) }
    } transaction: { writer, session throws(TandemError) in
        _ = try writer.transaction { change throws(TandemError) in try change.remove(session.dialogs, key: 1) }
    }

    private static let filledFromAChain = Scenario(keyed: "a key taken out beside a chain") {
        writer, session throws(TandemError) in
        try session.putIn(session.chained.keys, with: &writer)
    } transaction: { writer, session throws(TandemError) in
        _ = try writer.transaction { change throws(TandemError) in
            try change.remove(session.dialogs, key: session.chained.neighbour)
        }
    }

    private static let replaced = Scenario(keyed: "a key taken out and put in again") {
        writer, session throws(TandemError) in
        try session.putIn(0 ..< 3, with: &writer)
    } transaction: { writer, session throws(TandemError) in
        try writer.transaction { change throws(TandemError) in
            try change.remove(session.dialogs, key: 1)
            _ = try change.insert(session.dialogs, key: 1, Trunk(repeating: 12))
        }
    }

    private static let inAWindowByKey = Scenario(keyed: "a key put in, in the window of a cut") {
        $0.openWindow()
    } before: { writer, session throws(TandemError) in
        try session.putIn(0 ..< 3, with: &writer)
    } transaction: { writer, session throws(TandemError) in
        try session.putIn([100], with: &writer)
    }
}
