internal import TandemCore
internal import TandemTypes
internal import TandemSystem

// What stands in shared memory, as people read it.

extension SourceStatus.Page {
    /// - Parameter number: among the pages of all tables. Nil if no table has it.
    init?(_ number: Int, of layout: FileLayout) {
        let places = zip(layout.tables, layout.definitions)
        guard
            let (table, definition) = places.first(where: { table, _ in
                (table.firstPage ..< table.firstPage + table.pageCount).contains(number)
            })
        else { return nil }
        self.init(table: definition.name, page: number - table.firstPage)
    }
}

extension SourceStatus.Behind {
    init(_ block: ReplicatorBlock, since: UInt64, now: UInt64, age: Double?) {
        seconds = Double(now - since) / 1e9
        transactionsPerSecond = block[.changing].load()
        recordsPerSecond = block[.carrying].load()
        words =
            Pace.Behind(
                age: UInt64((age ?? 0) * 1e3), changing: transactionsPerSecond, carrying: recordsPerSecond
            ).words
    }
}

extension SourceStatus.Outlook {
    init(_ block: ReplicatorBlock) {
        let verdict = SyncVerdict(rawValue: block[.verdict].load()) ?? .unknown
        self.verdict = verdict
        secondsLeft = verdict == .converging ? Double(block[.syncIn].load()) / 1e9 : nil
        dirtyingBytesPerSecond = block[.dirtying].load()
        copyingBytesPerSecond = block[.copying].load()
    }
}

extension SourceStatus.Writer {
    /// Nil for a slot that nobody has used.
    init?(slot: Int, of source: SourceDataFile) {
        let words = source.memory.writer(slot).summary
        guard words.commits != 0 || words.process != 0 || words.state != "idle" else { return nil }
        self.init(
            slot: slot, process: Int(clamping: words.process), thread: Int(clamping: words.thread),
            isAlive: (try? SlotLock.isHeld(file: source.file, byte: source.lockByte(slot))) ?? false,
            state: State(rawValue: words.state) ?? .unknown,
            commits: words.commits, aborts: words.aborts, conflicts: words.conflicts,
            abandonedCaptures: words.abandoned, recoveries: words.recovered, slowedTransactions: words.slowed,
            slowedMicroseconds: Double(words.slowedNanoseconds) / 1e3)
    }
}
