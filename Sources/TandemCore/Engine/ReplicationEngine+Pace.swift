/// Whether copies in sync keep pace with the writers; and where that is asked for, holding those back.
extension ReplicationEngine {
    mutating func watchPace() {
        let steps = throttle.wantsStep(at: now)
        // The youngest counts: no copy is to be waited for that another one is ahead of.
        var youngest: UInt64?
        for place in followers.indices {
            followers[place].watchPace(&source, wantsAge: steps)
            guard steps, followers[place].phase == .inSync else { continue }
            youngest = min(youngest ?? .max, followers[place].pace.age(at: now))
        }
        guard steps else { return }
        if let youngest {
            throttle.step(at: now, age: youngest)
        } else {
            if throttle.delay == 0 { return }
            throttle = Throttle(maxAge: options.maxAge, interval: options.throttleInterval)
        }
        holdBack()
    }

    private func holdBack() {
        area.slowdown.store(throttle.delay)
        area.slowUntil.store(throttle.delay == 0 ? 0 : now &+ Slowdown.goodFor)
        let isSaid = area.attention.load() & ControlFlags.slow != 0
        // One bit of the word; a writer that sees it late begins one transaction more, or looks once in vain.
        if throttle.delay > 0, !isSaid { area.attention.set(ControlFlags.slow) }
        if throttle.delay == 0, isSaid { area.attention.clear(ControlFlags.slow) }
    }
}
