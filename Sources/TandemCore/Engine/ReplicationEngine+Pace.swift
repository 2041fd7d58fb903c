/// Whether a copy in sync keeps pace with the writers; and where that is asked for, holding them back.
extension ReplicationEngine {
    mutating func watchPace() {
        guard phase == .inSync else { return forgetPace() }
        guard throttle.wantsStep(at: now) || pace.wantsLook(at: now) else { return }
        // Something has changed that is not on the copy yet.
        let isOpen = !isIdle || source.mayBeDirty
        if !isOpen { pace.note(whole: now) }
        if throttle.wantsStep(at: now) {
            throttle.step(at: now, age: pace.age(at: now))
            holdBack()
        }
        guard pace.wantsLook(at: now) else { return }
        let commits = (0 ..< area.layout.writerCount).reduce(0) { $0 &+ area.memory.writer($1).commitCount }
        let news = pace.look(
            at: now, isOpen: isOpen, commits: commits, records: area.replicator[.recordsShipped as Counter].load())
        follower.status.publish(pace)
        if let news { follower.status.tell(news) }
    }

    /// A copy that is not in sync is something else than behind, and what is known of that is told.
    private mutating func forgetPace() {
        guard pace.isKnown else { return }
        pace = Pace(bound: options.behindFrom)
        throttle = Throttle(maxAge: options.maxAge, interval: options.throttleInterval)
        if options.maxAge > 0 { holdBack() }
        follower.status.publish(pace)
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
