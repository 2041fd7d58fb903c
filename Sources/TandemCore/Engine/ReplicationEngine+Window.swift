/// The window that all copies share: when it is opened and for whom, what is in its way, and how it ends.
extension ReplicationEngine {
    mutating func advanceWindow() {
        endDeserted()
        if source.window == nil { openIfDue() }
        guard let open = source.window else { return }
        if isInTheWay { return drop(open) }
        for place in followers.indices { followers[place].wasReading = followers[place].taker.part != nil }
        readWindow(open)
        if lanes.hasLanes { readBesideLanes() }
        if source.hasAdvanced() {
            isReading = source.window != nil
            for place in followers.indices where followers[place].wasReading {
                followers[place].deadlines.noteProgress(at: now)
            }
        }
    }

    /// Who had a part in the window is gone: nobody reads on.
    mutating func endDeserted() {
        if source.window != nil, isDeserted { source.end() }
    }

    // By places, here and below: a closure would be handed a copy of each follower, 3 KB.
    private var isDeserted: Bool {
        for place in followers.indices where followers[place].taker.part != nil { return false }
        return true
    }

    mutating func openIfDue() {
        var (isDue, takesChanges) = (false, false)
        for place in followers.indices {
            switch followers[place].makeWish(&source) {
            case .nothing, .company: break
            case .images: isDue = true
            case .changes: (isDue, takesChanges) = (true, true)
            }
        }
        guard isDue else { return }
        for place in followers.indices {
            if !followers[place].isOnlyOne { followers[place].bulk.forgoOnlyWindow() }
            followers[place].join(takesChanges: takesChanges, beside: smallestCut(besides: place), &source)
        }
        source.open(at: now, for: &followers)
        for place in followers.indices { followers[place].noteOpened(source.window) }
        if let open = source.window { lanes.openWindow(of: open.cut) }
    }

    /// Says to each copy whether another one is there.
    mutating func noteCompany() {
        // By the phase: `isThere`, asked of an element, would be handed a copy of it.
        var there = 0
        for place in followers.indices where followers[place].phase.isThere { there += 1 }
        for place in followers.indices {
            let others = followers[place].phase.isThere ? there - 1 : there
            followers[place].isOnlyOne = others == 0
        }
    }

    /// The open window reads a whole source for one copy, and another has come meanwhile.
    private var isInTheWay: Bool {
        for place in followers.indices where followers[place].bulk.isInOnlyWindow {
            return !followers[place].isOnlyOne
        }
        return false
    }

    /// How many records the smallest of the other copies' last cuts had; nil while no other is there.
    private func smallestCut(besides place: Int) -> Int? {
        var least: Int?
        for other in followers.indices where other != place && followers[other].phase.isThere {
            least = min(least ?? .max, followers[other].lastCount)
        }
        return least
    }

    /// Reads a slice of the open window, and closes it when it is read whole.
    mutating func readWindow(_ open: CutWindow) {
        if source.isAbandoned(open) { return drop(open) }
        source.beginSlice()
        if open.stage == .changes {
            for place in followers.indices { followers[place].taker.body.bytesMax = followers[place].journal.free }
            let progress = source.readChanges(for: &followers)
            for place in followers.indices { followers[place].shipRead() }
            if progress != .finished { return halt(open, progress) }
            source.beginImages()
        }
        // Each copy's runs are handed out before any is waited for.
        var isRead = true
        for place in followers.indices {
            let progress = followers[place].readImages(&source, over: &lanes)
            if progress == .unfinished { isRead = false } else if progress != .finished { return halt(open, progress) }
        }
        if isRead { return close(open) }
        source.endDoubt()
        for place in followers.indices where followers[place].bulk.readsOnlyWindow { isReading = true }
    }

    /// Something is in the way of what is left to read.
    private mutating func halt(_ open: CutWindow, _ progress: Capture.Progress) {
        switch progress {
        case .finished, .unfinished: source.endDoubt()
        case .waiting: waitForRoom(source.blocked)
        case .inDoubt(let writer):
            if source.isOverdue(writer, at: now) { drop(open) }
            warden.request(writer, into: &followers[0].batch)
        case .lost:
            source.noteLost(open)
            drop(open)
        case .noRoom:
            let place = source.blocked
            guard isAlone(place) else { return followers[place].runShort() }
            drop(open)
            followers[place].reclaim.noteShort()
        }
    }

    /// A follower's staging memory is full until writes complete. Alone it may wait; while others have a part in the
    /// window, they and the writers' undo logs wait for it so long, and not longer.
    private mutating func waitForRoom(_ place: Int) {
        if isAlone(place) { return }
        if followers[place].isPatienceOver() { followers[place].leaveWindow() }
    }

    private func isAlone(_ place: Int) -> Bool {
        followers.indices.allSatisfy { $0 == place || followers[$0].taker.part == nil }
    }

    private mutating func close(_ open: CutWindow) {
        guard source.end(open) == .whole else { return drop(open) }
        source.close()
        for place in followers.indices {
            followers[place].close(open, preImages: source.reader.preImageCount)
            if followers[place].bulk.usesLanes { lanes.noteClosed() }
            followers[place].bulk.endWindow()
        }
    }

    private mutating func drop(_ open: CutWindow) {
        for place in followers.indices where followers[place].taker.part != nil { followers[place].noteDropped() }
        source.drop(open, for: &followers)
    }

    /// A copy that has answered may hold cuts beyond ours, and the numbers go on behind them. E does not move under an
    /// open window: writers would take it for another one, and give up what it wants.
    mutating func makeWay() {
        if let open = source.window { drop(open) }
    }
}
