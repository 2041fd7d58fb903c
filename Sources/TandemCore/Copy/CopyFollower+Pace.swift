/// Whether the copy, in sync, keeps pace with the writers.
extension CopyFollower {
    /// - Parameter wantsAge: how old it is will be asked for now.
    mutating func watchPace(_ source: inout SourceCapture, wantsAge: Bool) {
        guard phase == .inSync else { return forgetPace() }
        guard wantsAge || pace.wantsLook(at: now) else { return }
        // Something has changed that is not on the copy yet.
        let isOpen = !isIdle || mayLack(&source)
        if !isOpen { pace.note(whole: now) }
        guard pace.wantsLook(at: now) else { return }
        let commits = (0 ..< area.layout.writerCount).reduce(0) { $0 &+ area.memory.writer($1).commitCount }
        let news = pace.look(
            at: now, isOpen: isOpen, commits: commits, records: area.replicator[.recordsShipped as Counter].load())
        status.publish(pace)
        if let news { status.tell(news) }
    }

    /// A copy that is not in sync is something else than behind, and what is known of that is told.
    private mutating func forgetPace() {
        guard pace.isKnown else { return }
        pace = Pace(bound: options.behindFrom)
        status.publish(pace)
    }
}
