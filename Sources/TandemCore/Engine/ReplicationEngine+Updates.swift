/// The update controller's place in the duty cycle: when a window is due, and what a committed cut means for the copy.
extension ReplicationEngine {
    mutating func advanceWindow() {
        guard phase.name == .syncing || phase.name == .inSync else { return }
        if mayOpenWindow, let takesChanges = windowDue {
            if takesChanges { status.outlook.noteOpened(below: bulk.careLimit) }
            updates.open(at: now, takesChanges: takesChanges, isForced: wantsRecord, bulk: &bulk)
        }
        guard updates.window != nil else { return }
        let step = updates.read(at: now, wall: wall, imageBudget: imageBudget, bulk: &bulk, into: &batch)
        if updates.hasAdvanced() {
            isReading = updates.window != nil
            deadlines.noteProgress(at: now)
        }
        switch step {
        case .open, .shipped, .imagesOnly, .dropped: break
        case .empty(let cut): imageCutLimit = max(imageCutLimit, cut)
        case .waiting(let writer): warden.request(writer, into: &batch)
        case .noRoom: room = .short
        }
    }

    private var mayOpenWindow: Bool {
        switch phase {
        case .bulkCopying, .settling, .catchingUp, .inSync: updates.isIdle && room == .enough
        default: false
        }
    }

    /// A cut is journalled even if nothing has changed: somebody waits for its number.
    private var wantsRecord: Bool {
        switch phase {
        case .settling, .catchingUp: true
        case .inSync: updates.isAwaited
        default: false
        }
    }

    /// Nil: nothing to do yet. True: a cut; false: images only.
    ///
    /// Inlined, as all 3 KB of the engine are copied for a call, at every poll.
    @inline(__always)
    private var windowDue: Bool? {
        let waited = now &- updates.lastOpened
        switch phase {
        case .bulkCopying:
            // Short again near the end, so that the last cut is small.
            let nearEnd = bulk.lowWater > area.layout.pageCount / 20 * 19
            if waited >= (nearEnd ? options.cutInterval : options.bulkCutInterval), updates.mayBeDirty { return true }
            return bulk.wantsImages ? false : nil
        case .settling, .catchingUp: return true
        default:
            // Also where nothing is dirty: of a transaction that changed nothing nobody else would make a cut.
            if updates.isAwaited { return true }
            guard waited >= max(options.cutInterval, writersRest) else { return nil }
            // In sync an image may only be written after a cut at least as new, so images come with cuts.
            return updates.mayBeDirty || bulk.wantsImages || updates.isHeldDue(at: now) ? true : nil
        }
    }

    /// Every record that a cut reads is a line that its writer, who changes it again at once, has to fetch back: with
    /// 1,024 hot records and a cut every 200 µs the writer does little else. So it is given time.
    private var writersRest: UInt64 {
        min(UInt64(updates.lastCount) * options.restPerRecord, options.restMax)
    }

    private var imageBudget: Int {
        guard phase == .inSync else { return options.imagePagesInBulk }
        return updates.encoder.used > area.layout.journalBytes / 2
            ? options.imagePagesUnderPressure : options.imagePagesInSync
    }

    mutating func commitCut() {
        guard let cut = updates.shipping else { return }
        let shipped = cut.cut
        if phase.name == .syncing, status.outlook.wantsCut(at: now) {
            let dirty = area.memory.dirty
            status.outlook.noteCut(bytes: cut.bytes, pages: area.taken.count, opened: cut.opened, at: now) { limit in
                dirty.count(below: limit)
            }
        }
        updates.commit(at: now)
        imageCutLimit = max(imageCutLimit, shipped)
        lastWhole = shipped
        look.note(CopyLook.Cut(number: shipped, position: updates.journalEnd.position &- UInt64(cut.bytes)))
        area.replicator[.cutWall].store(wall)
        deadlines.noteProgress(at: now)
        // Only a consistent copy holds a cut; while it is syncing nobody may be told that theirs is safe.
        if phase == .inSync || phase == .catchingUp { area.committed.storeReleasing(shipped) }
        switch phase {
        case .settling(let first) where shipped >= first:
            move(to: .publishing, reason)
            writeState(.consistent, tail: journalStart)
        case .catchingUp: enterSync(.caughtUp)
        default: break
        }
    }
}
