import TandemTables

/// One operation on one key, as whoever called it saw it.
struct KeyedEvent: BitwiseCopyable {
    /// Nanoseconds at which it was called and had returned; 0: it has not, as its process was killed.
    var begun: UInt64 = 0
    var ended: UInt64 = 0
    var key: UInt64 = 0
    var action = Action.find
    /// What was put there, never 0.
    var value: UInt64 = 0
    /// What was answered: a value, or 1 and 0 for done and not done.
    var answer: UInt64 = 0

    enum Action: UInt64, CaseIterable {
        case find, insert, remove, update, upsert
        /// Taken out and put in again by one transaction.
        case replace
    }

    /// What the operation does to a key that has `state`, 0 for none, and what it answers.
    func applied(to state: UInt64) -> (state: UInt64, answer: UInt64) {
        let isThere = state != 0
        switch action {
        case .find: return (state, state)
        case .insert: return isThere ? (state, 0) : (value, 1)
        case .remove: return (0, isThere ? 1 : 0)
        case .update, .replace: return isThere ? (value, 1) : (0, 0)
        case .upsert: return (value, isThere ? 0 : 1)
        }
    }
}

/// Whether what was seen of one key can have been: whether there is an order of the operations, each at some moment
/// between its call and its return, in which every answer is right.
///
/// Keys are looked at one by one, as a history is linearizable when that of each object is. The search is that of Wing
/// and Gong, with Lowe's memory of where it has been.
struct KeyHistory {
    /// Operations that have returned, by their calls.
    private let ended: [KeyedEvent]
    /// The earliest return of those from a place on.
    private let earliestFrom: [UInt64]
    /// Operations that have not: each took place at some moment, or never.
    private let pending: [KeyedEvent]

    init(_ events: [KeyedEvent]) {
        ended = events.filter { $0.ended != 0 }.sorted { $0.begun < $1.begun }
        pending = events.filter { $0.ended == 0 }
        precondition(pending.count <= 64)
        var earliest = [UInt64](repeating: .max, count: ended.count + 1)
        for place in ended.indices.reversed() { earliest[place] = min(earliest[place + 1], ended[place].ended) }
        earliestFrom = earliest
    }

    /// How far an order has got: all before `next` but `skipped` have had their moment, and the pending ones of a set.
    private struct Place: Hashable {
        var next = 0
        var skipped: [Int] = []
        var pending: UInt64 = 0
        var state: UInt64 = 0
    }

    var isLinearizable: Bool {
        var open = [Place()]
        var seen: Set<Place> = [Place()]
        while let place = open.popLast() {
            if place.next == ended.count && place.skipped.isEmpty { return true }
            for further in steps(from: place) where seen.insert(further).inserted { open.append(further) }
        }
        return false
    }

    private func steps(from place: Place) -> [Place] {
        // Whoever has its moment next was called before any of the others had returned.
        let limit = place.skipped.reduce(earliestFrom[place.next]) { min($0, ended[$1].ended) }
        var found: [Place] = []
        for (position, number) in place.skipped.enumerated() {
            let (state, answer) = ended[number].applied(to: place.state)
            guard answer == ended[number].answer else { continue }
            var further = place
            further.skipped.remove(at: position)
            further.state = state
            found.append(further)
        }
        var number = place.next
        while number < ended.count, ended[number].begun <= limit {
            let (state, answer) = ended[number].applied(to: place.state)
            if answer == ended[number].answer {
                var further = place
                further.skipped += place.next ..< number
                further.next = number + 1
                further.state = state
                found.append(further)
            }
            number += 1
        }
        for number in pending.indices where place.pending & 1 << UInt64(number) == 0 && pending[number].begun <= limit {
            var further = place
            further.pending |= 1 << UInt64(number)
            further.state = pending[number].applied(to: place.state).state
            found.append(further)
        }
        return found
    }
}
