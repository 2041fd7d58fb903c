/// The update controller: finds dirty pages below the descriptor and brings their changes across as whole cuts.
extension ReplicationEngine {
    mutating func advanceWindow() {
        guard phase.name == .syncing || phase.name == .inSync else { return }
        if window == nil, mayOpenWindow, let takesChanges = windowDue { openWindow(takingChanges: takesChanges) }
        if window != nil { readWindow() }
    }

    private var mayOpenWindow: Bool {
        switch phase {
        case .bulkCopying, .settling, .catchingUp, .inSync:
            shippingCut == nil && encoder.isIdle && room == .enough
        default: false
        }
    }

    /// Nil: nothing to do yet. True: a cut; false: images only.
    private var windowDue: Bool? {
        let waited = now &- lastWindow
        switch phase {
        case .bulkCopying:
            // Short again near the end, so that the last cut is small.
            let nearEnd = bulk.lowWater > area.layout.pageCount / 20 * 19
            if waited >= (nearEnd ? options.cutInterval : options.bulkCutInterval), mayBeDirty { return true }
            return bulk.wantsImages ? false : nil
        case .settling, .catchingUp: return true
        default:
            guard waited >= options.cutInterval else { return nil }
            // In sync an image may only be written after a cut at least as new, so images come with cuts.
            return mayBeDirty || bulk.wantsImages ? true : nil
        }
    }

    private var mayBeDirty: Bool { area.memory.dirty.mayBeDirty(summaryCount: area.layout.runtime.summaryCount) }

    private mutating func openWindow(takingChanges: Bool) {
        let cut = area.epoch.load()
        // A full barrier: E has moved before any dirty bit is looked at, so a transaction whose bit we miss reads the new E.
        area.epoch.add(1)
        let limit = bulk.careLimit
        if takingChanges {
            capture.take(below: limit, area: area)
            lastWindow = now
        }
        // After this every transaction of the cut is seen committing or later, and every record it holds is seen locked.
        platform.barrier()
        reader.takesDamaged = lostInRow >= 8
        reader.open(cut: cut)
        let isForced = phase == .settling || phase == .catchingUp
        let isJournalled = takingChanges && (isForced || !capture.taken.isEmpty)
        if isJournalled { encoder.open() }
        bulk.openWindow()
        window = CutWindow(
            cut: cut, opened: now, careLimit: takingChanges ? limit : nil,
            threshold: bulk.threshold(lastShipped: lastShipped), isJournalled: isJournalled,
            stage: isJournalled ? .changes : .images)
    }

    private mutating func readWindow() {
        guard let open = window else { return }
        if open.stage == .changes {
            guard readChanges(open) else { return }
            window?.stage = .images
        }
        switch bulk.readImages(with: &reader, pageBudget: imageBudget) {
        case .finished, .unfinished, .waiting, .noRoom: closeWindow(open)
        case .unsettled(let writer): wait(for: writer, open)
        case .lost: lose(open)
        }
    }

    private var imageBudget: Int {
        guard phase == .inSync else { return options.imagePagesInBulk }
        return encoder.used > area.layout.journalBytes / 2 ? options.imagePagesUnderPressure : options.imagePagesInSync
    }

    /// True when all changes are read.
    private mutating func readChanges(_ open: CutWindow) -> Bool {
        let progress = readCapture(open)
        for page in capturedPages.pages { bulk.supersede(page) }
        drainEncoder()
        switch progress {
        case .finished: return true
        case .unfinished, .waiting: break
        case .unsettled(let writer): wait(for: writer, open)
        case .lost: lose(open)
        case .noRoom:
            dropWindow(open)
            room = .draining
        }
        return false
    }

    private mutating func readCapture(_ open: CutWindow) -> Capture.Progress {
        // Moved out and back, as the closure may not reach into the engine; keeps its capacity.
        var pages = PageSink()
        swap(&pages, &capturedPages)
        defer { swap(&pages, &capturedPages) }
        pages.removeAll()
        return capture.read(
            with: &reader, tables: tables, threshold: open.threshold, pageBudget: options.capturePagesPerPoll,
            into: &encoder
        ) { page in pages.add(page) }
    }

    private mutating func drainEncoder() {
        let before = batch.count
        encoder.takeCommands(into: &batch)
        noteIssuedByParts(since: before)
    }

    private mutating func closeWindow(_ open: CutWindow) {
        // Every undo entry has been read before `abandoned` is: a writer says so before it overwrites one.
        tandemAcquireFence()
        guard area.abandoned.load() != open.cut else { return abandon(open) }
        area.captured.storeReleasing(open.cut)
        count(.preImages, reader.preImageCount)
        count(.damagedRecords, reader.damagedCount)
        abandonsInRow = 0
        lostInRow = 0
        if area.attention.load() & Attention.openCutSoon != 0 { area.attention.clear(Attention.openCutSoon) }
        window = nil
        if open.isJournalled {
            let start = encoder.head
            guard encoder.finish(cut: open.cut, previous: lastShipped, wall: wall) else {
                putBack()
                bulk.dropWindow()
                encoder.cancel()
                room = .draining
                return
            }
            // Said before the first byte that may complete the cut on the copy.
            area.shipping.storeReleasing(open.cut)
            drainEncoder()
            shippingCut = ShippingCut(
                cut: open.cut, opened: open.opened, bytes: Int(encoder.head &- start), count: encoder.count)
            lastShipped = open.cut
        } else if open.careLimit != nil {
            // Nothing was dirty anywhere: the last committed cut is also this one.
            gate = max(gate, open.cut)
        }
        if let limit = open.careLimit { bulk.noteCaptured(below: limit) }
    }

    mutating func commitCut(_ shipped: ShippingCut) {
        for word in capture.taken { area.taken.clear(word: word.index, word.bits) }
        // Only a consistent copy holds a cut; while it is syncing nobody may be told that theirs is safe.
        if phase == .inSync || phase == .catchingUp { area.committed.storeReleasing(shipped.cut) }
        area.replicator[.cutOpened].store(shipped.opened)
        area.replicator[.cutCommitted].store(now)
        count(.cutsCommitted)
        count(.recordsShipped, shipped.count)
        count(.journalBytes, shipped.bytes)
        shippingCut = nil
        gate = max(gate, shipped.cut)
        lastProgress = now
        switch phase {
        case .settling where shipped.cut >= life.settleFrom:
            move(to: .publishing, life.reason)
            writeState(.consistent, tail: journalStart)
        case .catchingUp: enterSync(.caughtUp)
        default: break
        }
    }

    // MARK: Windows that come to nothing

    private mutating func wait(for writer: Int, _ open: CutWindow) {
        requestRevival(of: writer)
        // A writer stopped between committing and committed delays the cut; a second of that and others get their turn.
        if now &- open.opened > 1_000_000_000 { dropWindow(open) }
    }

    private mutating func lose(_ open: CutWindow) {
        tandemAcquireFence()
        if area.abandoned.load() == open.cut { return abandon(open) }
        lostInRow += 1
        dropWindow(open)
    }

    private mutating func abandon(_ open: CutWindow) {
        count(.cutsAbandoned)
        abandonsInRow += 1
        // Three in a row: the writers are faster than any capture. They are asked to wait for one, boundedly.
        if abandonsInRow >= 3, area.attention.load() & Attention.openCutSoon == 0 {
            area.attention.set(Attention.openCutSoon)
            count(.cutSoonRequests)
        }
        dropWindow(open)
    }

    private mutating func dropWindow(_ open: CutWindow) {
        area.captured.storeReleasing(open.cut)
        if open.careLimit != nil { putBack() }
        bulk.dropWindow()
        encoder.cancel()
        window = nil
    }

    /// What was taken is dirty again; dirty before it is no longer taken, so that at no moment it is neither.
    private func putBack() {
        for word in capture.taken {
            area.memory.dirty.restore(word)
            area.taken.clear(word: word.index, word.bits)
        }
    }
}

/// Pages of which a change was captured, in order, each once.
struct PageSink {
    private(set) var pages: [Int] = []

    mutating func removeAll() { pages.removeAll(keepingCapacity: true) }

    mutating func add(_ page: Int) {
        if pages.last != page { pages.append(page) }
    }
}
