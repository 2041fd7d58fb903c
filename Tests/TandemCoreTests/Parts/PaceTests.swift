import TandemCore
import Testing

/// Whether a copy in sync keeps pace: the value by itself, looked at ten times a second.
@Suite("Behind is a state, and so is having caught up")
struct PaceTests {
    private static let second: UInt64 = 1_000_000_000

    /// Ten looks a second, at a copy whose state is so old; returns what was told, with the look at which it was.
    private func told(
        _ pace: inout Pace, from start: UInt64, ages: [UInt64], commits: UInt64 = 0, records: UInt64 = 0
    ) -> [(look: Int, news: Pace.News)] {
        ages.enumerated().compactMap { look, age in
            let now = start + UInt64(look + 1) * Pace.lookInterval
            pace.note(whole: now - age)
            return pace.look(
                at: now, isOpen: true, commits: commits * UInt64(look + 1), records: records * UInt64(look + 1)
            ).map { (look, $0) }
        }
    }

    @Test("A copy that is older than a tenth of a second for a second is behind, and it is told once")
    func behind() throws {
        var pace = Pace()
        let ages = (0 ..< 30).map { Pace.behindFrom + UInt64($0 + 1) * 50_000_000 }
        let news = told(&pace, from: 100 * Self.second, ages: ages, commits: 310_000, records: 240_000)
        #expect(news.count == 1)
        let first = try #require(news.first)
        #expect(first.look == 9)
        guard case .behind(let rates) = first.news else { return #expect(Bool(false), "\(first.news)") }
        #expect(rates.age == ages[9])
        #expect(abs(Int(rates.changing) - 3_100_000) < 10 && abs(Int(rates.carrying) - 2_400_000) < 10)
        #expect(pace.since != nil && pace.rates.age == ages[29])
    }

    @Test("A burst of less than a second is no state, however old it makes the copy")
    func burst() {
        var pace = Pace()
        let ages = (0 ..< 100).map { $0 % 10 == 0 ? 1_000_000 : 30 * Self.second }
        #expect(told(&pace, from: 100 * Self.second, ages: ages).isEmpty)
    }

    @Test("It has caught up when it was younger than half of the bound for a second: not at every dip")
    func caughtUp() {
        var pace = Pace()
        let old = Array(repeating: 2 * Pace.behindFrom, count: 10)
        let dips = (0 ..< 100).map { $0 % 5 == 0 ? Pace.behindFrom * 2 / 3 : Pace.behindFrom / 4 }
        let young = Array(repeating: Pace.behindFrom / 4, count: 11)
        let news = told(&pace, from: 100 * Self.second, ages: old + dips + young)
        #expect(news.map(\.look) == [9, 115])
        #expect(news.last?.news == .caughtUp(after: 106 * Pace.lookInterval))
        #expect(pace.since == nil)
    }

    @Test("A copy on which everything is that there is has no age, whenever its last cut was")
    func idle() {
        var pace = Pace()
        pace.note(whole: Self.second)
        for look in 1 ... 100 {
            let now = Self.second + UInt64(look) * 60 * Self.second
            #expect(pace.look(at: now, isOpen: false, commits: 7, records: 7) == nil)
            #expect(pace.age(at: now) == 0)
        }
    }

    @Test("Counters that somebody has scribbled over give rates, and no trap", arguments: [0, 1, UInt64.max])
    func scribbled(value: UInt64) {
        var pace = Pace()
        for look in 1 ... 30 {
            let now = Self.second + UInt64(look) * Pace.lookInterval
            _ = pace.look(at: now, isOpen: true, commits: look % 2 == 0 ? value : 500, records: value &- UInt64(look))
        }
        #expect(pace.rates.changing <= 1 << 60 && pace.rates.carrying <= 1 << 60)
    }
}

@Suite("Holding writers back, where that is asked for")
struct ThrottleTests {
    private static let interval: UInt64 = 2_000_000

    @Test("Nobody is held back unless an age is asked for")
    func off() { #expect(!Throttle(maxAge: 0).wantsStep(at: .max / 2)) }

    @Test("The delay grows in steps of a quarter, up to 50 µs in a transaction and never above")
    func bounded() {
        var throttle = Throttle(maxAge: 50_000_000)
        var last: UInt64 = 0
        for step in 1 ... 200 {
            throttle.step(at: UInt64(step) * Self.interval, age: .max)
            #expect(throttle.delay >= last && throttle.delay <= max(last + last / 4, 200))
            last = throttle.delay
        }
        #expect(last == 50_000)
    }

    @Test("Once the copy is young enough nobody is held back any more, and that comes smoothly too")
    func released() {
        var throttle = Throttle(maxAge: 50_000_000)
        for step in 1 ... 50 { throttle.step(at: UInt64(step), age: 60_000_000) }
        var last = throttle.delay
        var steps = 0
        while throttle.delay > 0, steps < 1000 {
            throttle.step(at: UInt64(steps), age: 1_000_000)
            #expect(throttle.delay == 0 || last - throttle.delay <= last / 16)
            last = throttle.delay
            steps += 1
        }
        #expect(throttle.delay == 0 && steps > 20 && steps < 200)
    }

    @Test("Writers that change twice what is carried settle where the age stays below what is asked for")
    func settles() {
        // A transaction takes 400 ns and its delay; the engine carries a million records a second; what is not carried
        // makes the copy older.
        var throttle = Throttle(maxAge: 50_000_000)
        var backlog = 0.0
        var worst = 0.0
        for step in 1 ... 5000 {
            let seconds = Double(Self.interval) / 1e9
            backlog = max(0, backlog + seconds / ((400 + Double(throttle.delay)) / 1e9) - seconds * 1e6)
            let age = backlog / 1e6
            if step > 1000 { worst = max(worst, age) }
            throttle.step(at: UInt64(step) * Self.interval, age: UInt64(age * 1e9))
        }
        #expect(worst < 0.05, "\(worst) s")
    }
}
