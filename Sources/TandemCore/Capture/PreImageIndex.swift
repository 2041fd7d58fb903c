/// Where each record's value before the running cut stands in the writers' undo logs.
///
/// Filled as far as lookups need it: entries of ended transactions never change while a capture runs, so each is read
/// once; those of running ones are looked through every time, as they are few. Fixed size, nothing is allocated after
/// init.
package struct PreImageIndex {
    /// Which undo entry, and of which transaction, so that a rewritten one is not taken for it.
    private struct Place {
        var key: UInt64 = 0
        var stamp: UInt64 = 0
        var writer: UInt32 = 0
        var entry: UInt32 = 0
    }

    /// How far one writer's log has been read.
    private struct Progress {
        var restarts: UInt64 = 0
        var consumed = 0
    }

    private let memory: SourceMemory
    private var places: [Place]
    private var progress: [Progress]
    private var used = 0
    /// The cut whose pre-images are looked for.
    private var cut: UInt64 = 0
    /// Marks the places of this window. Not the cut, which comes from shared memory: a cut 0 would make every free
    /// place look taken, and the search for one endless.
    private var window: UInt64 = 0
    /// Entries looked at so far.
    private(set) var looks = 0

    init(memory: SourceMemory) {
        self.memory = memory
        let entries = memory.writerCount * memory.undoEntries
        var size = 128
        // 2²² places serve two million pre-images in one capture; more than that and the capture is dropped.
        while size < entries * 2, size < 1 << 22 { size *= 2 }
        places = Array(repeating: Place(), count: size)
        progress = Array(repeating: Progress(), count: memory.writerCount)
    }

    mutating func reset(cut: UInt64) {
        self.cut = cut
        window += 1
        used = 0
        for writer in progress.indices { progress[writer].consumed = 0 }
    }

    /// Copies the value of a record before any transaction that committed after the cut; returns its epoch.
    /// Nil if there is no such entry now.
    mutating func copy(
        table: TableLayout, index: Int, into destination: UnsafeMutableRawPointer
    ) -> UInt64? {
        let key = Self.key(table.number, index)
        if let epoch = copyIndexed(key, table, index, destination) { return epoch }
        for writer in 0 ..< memory.writerCount {
            let slot = memory.writer(writer)
            // Acquire: entries are whole before they are counted, so those below the count may be read.
            let position = UndoPosition(word: slot.undoPosition.loadAcquiring()).clamped(to: slot.entryCount)
            guard position.count > 0 else { continue }
            consume(slot, writer, upTo: position)
            looks += position.count - position.kept
            for entry in position.kept ..< position.count {
                if let epoch = copy(slot.entry(entry), of: slot, table, index, destination) { return epoch }
            }
        }
        return copyIndexed(key, table, index, destination)
    }

    private static func key(_ table: Int, _ index: Int) -> UInt64 {
        UInt64(truncatingIfNeeded: table) << 32 | UInt64(truncatingIfNeeded: index)
    }

    private mutating func consume(_ slot: WriterSlot, _ writer: Int, upTo position: UndoPosition) {
        if position.restarts != progress[writer].restarts || position.kept < progress[writer].consumed {
            progress[writer] = Progress(restarts: position.restarts, consumed: 0)
        }
        looks += position.kept - progress[writer].consumed
        for number in progress[writer].consumed ..< position.kept {
            let entry = slot.entry(number)
            guard entry.epochWord.load() <= cut, entry.commitEpoch.load() > cut else { continue }
            let table = entry.tableAndBytes.load() & 0xFFFF_FFFF
            insert(table << 32 | entry.index.load() & 0xFFFF_FFFF, writer, number)
        }
        progress[writer].consumed = position.kept
    }

    private mutating func insert(_ key: UInt64, _ writer: Int, _ entry: Int) {
        guard used < places.count / 2 else { return }
        var slot = Self.hash(key) & (places.count - 1)
        while places[slot].stamp == window, places[slot].key != key { slot = (slot + 1) & (places.count - 1) }
        if places[slot].stamp != window { used += 1 }
        places[slot] = Place(key: key, stamp: window, writer: UInt32(writer), entry: UInt32(entry))
    }

    private func copyIndexed(
        _ key: UInt64, _ table: TableLayout, _ index: Int, _ destination: UnsafeMutableRawPointer
    ) -> UInt64? {
        var slot = Self.hash(key) & (places.count - 1)
        while places[slot].stamp == window {
            if places[slot].key == key {
                let writer = memory.writer(Int(places[slot].writer))
                return copy(writer.entry(Int(places[slot].entry)), of: writer, table, index, destination)
            }
            slot = (slot + 1) & (places.count - 1)
        }
        return nil
    }

    private static func hash(_ key: UInt64) -> Int {
        Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 20)
    }

    /// Copies the payload if `entry` is the record's image before the cut's end and stays so while it is read.
    private func copy(
        _ entry: UndoEntry, of slot: WriterSlot, _ table: TableLayout, _ index: Int,
        _ destination: UnsafeMutableRawPointer
    ) -> UInt64? {
        // Acquire: the number is read before the entry's other words, against a writer that clears it before it
        // rewrites them.
        let transaction = entry.transaction.loadAcquiring()
        guard transaction != 0, entry.index.load() == UInt64(index),
            entry.tableAndBytes.load() == UInt64(table.payloadBytes) << 32 | UInt64(table.number)
        else { return nil }
        let saved = entry.epochWord.load()
        guard saved <= cut, entry.commitEpoch.load() > cut else { return nil }
        let offset = Int(clamping: entry.payloadOffset.load())
        guard offset <= slot.payloadBytes - table.payloadBytes else { return nil }
        destination.readShared(from: slot.payloads + offset, byteCount: table.payloadBytes)
        // The payload is read before the number is looked at again, against a writer that clears the number first.
        tandemAcquireFence()
        return entry.transaction.load() == transaction ? saved : nil
    }
}
