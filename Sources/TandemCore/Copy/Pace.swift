/// Whether a copy that is in sync keeps pace with its writers, judged ten times a second by what has moved.
///
/// Writers wait for nobody. Where they change more than the engine carries, cuts grow, each is whole later than the one
/// before, and the copy grows older, up to what one pass over everything takes. That is no fault and no outage: the
/// last cut can be promoted throughout. It is a state, which people are told of when it begins and when it is over.
package struct Pace {
    package static let lookInterval: UInt64 = 100_000_000
    /// A copy that keeps up is some hundred microseconds old, and some milliseconds behind a large transaction.
    package static let behindFrom: UInt64 = 100_000_000
    /// So many looks in a row say so: a burst of a second is no state.
    private static let looksInRow = 10
    /// Rates are of the last two seconds or so: each second makes what was before count for a third.
    private static let fading = 0.9

    /// What there is to tell while a copy is behind.
    package struct Behind: Equatable, Sendable {
        /// Nanoseconds since the state that the copy holds was the newest.
        package var age: UInt64 = 0
        /// Transactions that writers commit in a second.
        package var changing: UInt64 = 0
        /// Records that cuts bring over in a second.
        package var carrying: UInt64 = 0

        package init(age: UInt64 = 0, changing: UInt64 = 0, carrying: UInt64 = 0) {
            self.age = age
            self.changing = changing
            self.carrying = carrying
        }
    }

    package enum News: Equatable, Sendable {
        case behind(Behind)
        /// After so many nanoseconds.
        case caughtUp(after: UInt64)
    }

    /// Older than this it is behind; younger than half of it, it has caught up.
    private let bound: UInt64
    /// Since when it is behind; nil while it keeps up.
    package private(set) var since: UInt64?
    package private(set) var rates = Behind()
    /// When the last cut that is whole was opened, or all was found to be there.
    private var newest: UInt64 = 0
    private var looks = 0
    private var lastLook: UInt64 = 0
    private var last: (commits: UInt64, records: UInt64)?
    private var sums = (commits: 0.0, records: 0.0, seconds: 0.0)

    package init(bound: UInt64 = Self.behindFrom) { self.bound = bound }

    /// The copy holds everything as of this moment.
    package mutating func note(whole opened: UInt64) { newest = max(newest, opened) }

    /// It has been looked at since it was made.
    package var isKnown: Bool { newest != 0 || lastLook != 0 }

    /// How old the copy's state is, when something has changed since.
    package func age(at now: UInt64) -> UInt64 { now > newest ? now - newest : 0 }

    package func wantsLook(at now: UInt64) -> Bool { now &- lastLook >= Self.lookInterval }

    /// - Parameters:
    ///   - isOpen: something has changed that is not on the copy yet.
    ///   - commits: transactions that have been committed, ever; `records` those that cuts have carried, ever.
    package mutating func look(at now: UInt64, isOpen: Bool, commits: UInt64, records: UInt64) -> News? {
        if !isOpen { note(whole: now) }
        measure(at: now, commits, records)
        rates.age = age(at: now)
        let differs = since == nil ? rates.age > bound : rates.age < bound / 2
        looks = differs ? looks + 1 : 0
        guard looks >= Self.looksInRow else { return nil }
        looks = 0
        guard let since else {
            self.since = now
            return .behind(rates)
        }
        self.since = nil
        return .caughtUp(after: now - since)
    }

    private mutating func measure(at now: UInt64, _ commits: UInt64, _ records: UInt64) {
        defer {
            last = (commits, records)
            lastLook = now
        }
        guard let last, now > lastLook else { return }
        let seconds = Double(now - lastLook) / 1e9
        // A word that was scribbled over may go back.
        sums.commits = sums.commits * Self.fading + Double(commits > last.commits ? commits - last.commits : 0)
        sums.records = sums.records * Self.fading + Double(records > last.records ? records - last.records : 0)
        sums.seconds = sums.seconds * Self.fading + seconds
        rates.changing = UInt64(min(sums.commits / sums.seconds, 1e18))
        rates.carrying = UInt64(min(sums.records / sums.seconds, 1e18))
    }
}

/// How long each transaction is held back where a site would rather be slowed than be older than it says: smoothly, as
/// much as it takes to stay below that age, and never above 50 µs.
package struct Throttle {
    /// The first delay, about what a transaction takes.
    private static let least: UInt64 = 200

    /// The age that is asked for; 0: none is, and nobody is held back.
    private let maxAge: UInt64
    private let interval: UInt64
    package private(set) var delay: UInt64 = 0
    private var lastStep: UInt64 = 0

    package init(maxAge: UInt64, interval: UInt64 = 2_000_000) {
        self.maxAge = maxAge
        self.interval = interval
    }

    package func wantsStep(at now: UInt64) -> Bool { maxAge > 0 && now &- lastStep >= interval }

    /// A quarter more while the copy is older than three quarters of what is asked for, a sixteenth less while it is
    /// younger: quick enough for a cut to notice, slow enough to find the rate that is carried.
    package mutating func step(at now: UInt64, age: UInt64) {
        lastStep = now
        if age > maxAge / 4 * 3 {
            delay = min(max(delay + delay / 4, Self.least), Slowdown.delayMax)
        } else {
            delay -= delay / 16
            if delay < Self.least { delay = 0 }
        }
    }
}
