import TandemCore

/// One source, one engine and several copies of which each has a driver, stepped by hand in virtual time.
final class SeveralHarness {
    let source: TestSource
    let drivers: [MemoryDriver]
    var agent: Agent
    var now: UInt64 = 1_000_000_000

    init(
        _ source: TestSource = TestSource.small(), copies: Int = 2, _ options: EngineOptions = EngineOptions(),
        lanes: (any LanePool)? = nil
    ) {
        self.source = source
        drivers = (0 ..< copies).map { _ in MemoryDriver(source) }
        agent = Agent(
            source.engine(of: Self.followed(0 ..< copies, source), options), drivers: drivers, lanes: lanes)
    }

    static func followed(_ numbers: Range<Int>, _ source: TestSource) -> [FollowedCopy] {
        numbers.map {
            FollowedCopy(number: $0, id: CopyID(high: 5, low: UInt64($0) + 1), staging: source.staging())
        }
    }

    /// Follows one copy more.
    func attach(_ copy: Int) {
        agent.follow(Self.followed(copy ..< copy + 1, source)[0], driver: drivers[copy])
    }

    /// Follows the copy at `place` no more.
    func detach(_ place: Int) -> Bool {
        agent.engine.letGo(place)
        guard poll(until: { agent.engine.hasLeft(place) }, limit: 1000) else { return false }
        agent.remove(place)
        return true
    }

    /// The engine dies, and another begins, for the copies of these numbers.
    func restart(following numbers: Range<Int>? = nil, landing: Bool = true) {
        for driver in drivers { driver.kill(landing: landing) }
        let numbers = numbers ?? 0 ..< drivers.count
        agent = Agent(source.engine(of: Self.followed(numbers, source)), drivers: numbers.map { drivers[$0] })
    }

    func area(_ copy: Int) -> RuntimeArea { source.area.of(copy: copy) }
    func phase(_ place: Int) -> CopyPhase { agent.engine.phase(of: place) }
    func committed(_ copy: Int) -> UInt64 { area(copy).replicator.committed.load() }
    func counter(_ counter: Counter, _ copy: Int) -> UInt64 { area(copy).replicator[counter].load() }

    func poll(after nanoseconds: UInt64 = 300_000) {
        now += nanoseconds
        agent.poll(at: now)
    }

    func poll(until condition: () -> Bool, limit: Int = 40_000) -> Bool {
        for _ in 0 ..< limit {
            if condition() { return true }
            poll()
        }
        return condition()
    }

    func sync() -> Bool { poll(until: { (0 ..< agent.engine.copyCount).allSatisfy { phase($0) == .inSync } }) }

    /// Everything committed so far is on these copies.
    func settle(_ copies: Range<Int>? = nil) -> Bool {
        let epoch = source.area.epoch.load()
        return poll(until: {
            (copies ?? 0 ..< drivers.count).allSatisfy { copy in
                phase(copy) == .inSync
                    && (committed(copy) >= epoch
                        || !source.memory.dirty.mayBeDirty(summaryCount: source.layout.runtime.summaryCount)
                            && area(copy).taken.isEmpty && area(copy).missed.isEmpty)
            }
        })
    }

    /// Records of the source that the copy, promoted now, would not have.
    func differences(_ copy: Int) throws -> [String] {
        guard let recovered = try drivers[copy].recovered() else { return ["not promotable"] }
        return try recovered.differences(from: source)
    }
}
