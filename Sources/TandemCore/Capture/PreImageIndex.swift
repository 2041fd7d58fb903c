internal import CTandemLayout

/// Where each record's value before the running cut stands in the writers' undo logs.
///
/// Filled as far as lookups need it: entries of ended transactions never change while a capture runs, so each is read
/// once; those of running ones are looked through every time, as they are few. As large as the windows have needed.
package struct PreImageIndex {
    /// In which segment an entry is, and where in it, in units of 16 bytes.
    private struct Place {
        var key: UInt64 = 0
        var window: UInt32 = 0
        var segment: UInt16 = 0
        var writer: UInt16 = 0
        var unit: UInt32 = 0
    }

    /// How far one writer's log has been read.
    private struct Progress {
        var restarts: UInt64 = 0
        var consumed = 0
        /// Which segment that is in; nil when the log has led nowhere.
        var segment: Int?
    }

    private let memory: SourceMemory
    private var places: [Place]
    private var progress: [Progress]
    private var used = 0
    /// The cut whose pre-images are looked for.
    private var cut: UInt64 = 0
    /// Marks the places of this window. Not the cut, which comes from shared memory: a cut 0 would make every free
    /// place look taken, and the search for one endless.
    private var window: UInt32 = 0
    /// Records before this one, of this table and of those before, are not asked for any more.
    private var passed = (table: 0, index: 0)
    /// Entries looked at so far.
    private(set) var looks = 0

    init(memory: SourceMemory) {
        self.memory = memory
        places = Array(repeating: Place(), count: 1 << 12)
        progress = Array(repeating: Progress(), count: memory.writerCount)
    }

    mutating func reset(cut: UInt64) {
        self.cut = cut
        passed = (0, 0)
        forget()
    }

    /// Entries of what has been read need not be kept: of a window that reads all images, half of them.
    mutating func pass(table: Int, before index: Int) { passed = (table, index) }

    private mutating func forget() {
        window &+= 1
        // Four billion windows are ten days: a place of that age must not look like one of this.
        if window == 0 {
            for place in places.indices { places[place].window = 0 }
            window = 1
        }
        used = 0
        for writer in progress.indices { progress[writer] = Progress(segment: writer) }
    }

    /// Copies the value of a record before any transaction that committed after the cut; returns its epoch.
    /// Nil if there is no such entry now.
    mutating func copy(
        table: TableLayout, index: Int, into destination: UnsafeMutableRawPointer
    ) -> UInt64? {
        let name = UndoName(table: table.number, index: index, payloadBytes: table.payloadBytes)
        if let epoch = copyIndexed(name, destination) { return epoch }
        for writer in 0 ..< memory.writerCount {
            let slot = memory.writer(writer)
            // Acquire: the number is read before the position, so that what it counts is that transaction's, or ended.
            let number = WriterStatus(word: slot.status.loadAcquiring()).number
            // Acquire: entries are whole before they are counted, so those below the count may be read.
            let position = UndoPosition(word: slot.undoPosition.loadAcquiring()).clamped(to: memory.pool.units)
            guard position.count > 0 else { continue }
            consume(slot, writer, upTo: position)
            var walk = UndoWalk(
                memory.pool, of: writer, from: position.kept, in: progress[writer].segment, to: position.count)
            while let entry = walk.next() {
                looks += 1
                guard let epoch = copy(entry, name, destination), isOf(writer, walk.segment) else { continue }
                // Rewritten only by a later transaction, and one that restarts the log before it.
                if WriterStatus(word: slot.status.load()).number == number, isSame(position.restarts, slot) {
                    return epoch
                }
            }
        }
        return copyIndexed(name, destination)
    }

    private func isSame(_ restarts: UInt64, _ slot: WriterSlot) -> Bool {
        UndoPosition(word: slot.undoPosition.load()).restarts == restarts
    }

    /// Whether the segment that was read of is still the writer's. One of a writer that does nothing may have been
    /// taken back and written by another since its entry's name was read, and that writer's number and restarts stand.
    private func isOf(_ writer: Int, _ segment: Int?) -> Bool {
        segment == writer || segment.map { memory.pool.isClaimed($0, by: writer) } == true
    }

    private mutating func consume(_ slot: WriterSlot, _ writer: Int, upTo position: UndoPosition) {
        if position.restarts != progress[writer].restarts || position.kept < progress[writer].consumed {
            // What was read of it may have been half of one entry and half of another: no place of it may stay.
            if progress[writer].consumed > 0 { forget() }
            progress[writer] = Progress(restarts: position.restarts, segment: writer)
        }
        guard progress[writer].consumed < position.kept else { return }
        var walk = UndoWalk(
            memory.pool, of: writer, from: progress[writer].consumed, in: progress[writer].segment, to: position.kept)
        var found = InlineArray<16, Place>(repeating: Place())
        var count = 0
        while let entry = walk.next() {
            looks += 1
            guard entry.epochWord.load() <= cut, entry.commitEpoch.load() > cut, let segment = walk.segment else {
                continue
            }
            let name = UndoName(word: entry.name.load())
            if name.table < passed.table || name.table == passed.table && name.index < passed.index { continue }
            let unit = memory.pool.start(of: segment).distance(to: entry.base) >> 4
            found[count] = Place(
                key: name.word, window: window, segment: UInt16(segment), writer: UInt16(writer), unit: UInt32(unit))
            prefetch(Self.home(of: name.word, among: places.count))
            count += 1
            if count == found.count { insert(&found, &count) }
        }
        insert(&found, &count)
        progress[writer].consumed = position.kept
        progress[writer].segment = walk.segment
    }

    /// Sixteen at a time: each has a line of memory of its own, and they come together.
    private mutating func insert(_ found: inout InlineArray<16, Place>, _ count: inout Int) {
        for number in 0 ..< count { insert(found[number]) }
        count = 0
    }

    private func prefetch(_ place: Int) {
        places.withUnsafeBufferPointer { tandem_prefetch_for_writing($0.baseAddress! + place) }
    }

    private mutating func insert(_ place: Place) {
        if used >= places.count / 4 * 3 { grow() }
        var slot = Self.home(of: place.key, among: places.count)
        while places[slot].window == window, places[slot].key != place.key { slot = (slot + 1) & (places.count - 1) }
        if places[slot].window != window { used += 1 }
        places[slot] = place
    }

    private mutating func grow() {
        let before = places.filter { $0.window == window }
        places = Array(repeating: Place(), count: places.count * 2)
        used = 0
        for place in before { insert(place) }
    }

    /// Nothing is known of any record in this window.
    var isEmpty: Bool { used == 0 }

    /// Brings to the cache where the search for each of these begins.
    func prefetchHomes(of names: UnsafeMutableBufferPointer<UndoName>) {
        for name in names { prefetch(Self.home(of: name.word, among: places.count)) }
    }

    /// And, when those are there, the entries that they lead to: first all that have a translation of their own, so
    /// that these overlap.
    func prefetchEntries(of names: UnsafeMutableBufferPointer<UndoName>) {
        withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer.self, capacity: names.count) { entries in
            var count = 0
            for name in names {
                guard let place = place(of: name) else { continue }
                entries[count] = entry(at: place).base
                count += 1
            }
            for entry in entries[..<count] { tandem_prefetch(entry) }
            let lastLine = (UndoOffset.payload + names[0].payloadBytes) >> 6
            for entry in entries[..<count] {
                for line in stride(from: 1, through: lastLine, by: 1) { tandem_prefetch(entry + line << 6) }
            }
        }
    }

    @inline(__always)
    private func place(of name: UndoName) -> Place? {
        var slot = Self.home(of: name.word, among: places.count)
        while places[slot].window == window {
            if places[slot].key == name.word { return places[slot] }
            slot = (slot + 1) & (places.count - 1)
        }
        return nil
    }

    @inline(__always)
    private func entry(at place: Place) -> UndoEntry {
        UndoEntry(base: memory.pool.start(of: Int(place.segment)) + Int(place.unit) << 4)
    }

    private func copyIndexed(_ name: UndoName, _ destination: UnsafeMutableRawPointer) -> UInt64? {
        guard let place = place(of: name) else { return nil }
        let writer = Int(place.writer)
        guard let epoch = copy(entry(at: place), name, destination), isOf(writer, Int(place.segment)) else {
            return nil
        }
        // Kept entries are rewritten only behind a restart.
        return isSame(progress[writer].restarts, memory.writer(writer)) ? epoch : nil
    }

    /// Where the search for a name begins, among a power of two of places: the upper bits of a product are those that
    /// all of the name has gone into, and of two products also where a writer takes every 4,096th record. (Bits from
    /// the middle of one once left 64 homes for all records of a table, and a window over 260,000 took a second.)
    static func home(of name: UInt64, among count: Int) -> Int {
        let once = (name &<< 32 | name &>> 32) &* 0x9E37_79B9_7F4A_7C15
        let twice = (once ^ once &>> 32) &* 0xBF58_476D_1CE4_E5B9
        return Int(truncatingIfNeeded: twice &>> UInt64((count - 1).leadingZeroBitCount))
    }

    /// Copies the payload if `entry` is the record's image before the cut's end. Whether it has stayed so is the
    /// caller's to look at; the payload is within its segment, as one of that name was when the log was walked.
    private func copy(_ entry: UndoEntry, _ name: UndoName, _ destination: UnsafeMutableRawPointer) -> UInt64? {
        guard UndoName(word: entry.name.load()) == name else { return nil }
        let saved = entry.epochWord.load()
        guard saved <= cut, entry.commitEpoch.load() > cut else { return nil }
        destination.readShared(from: entry.payload, byteCount: name.payloadBytes)
        // The payload is read before owner, number and restarts are looked at again, against a writer that claims the
        // segment, or moves them, first.
        tandemAcquireFence()
        return saved
    }
}
