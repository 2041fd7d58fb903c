internal import CTandemLayout

/// Brings a consistent copy to its last complete cut.
package enum CopyRecovery {
    package struct Replayed: Sendable {
        package var end: JournalEnd
        package var cuts = 0
        package var changes = 0
        /// When the last cut was closed, by the wall clock; 0 if the journal is empty.
        package var wallNanoseconds: UInt64 = 0
        /// The journal has rotted behind `end`: cuts up to this one had been whole. Looked for by `survey` alone.
        package var lostThrough: UInt64?
        /// How many records of each table had never been written before. Counted by `apply` alone.
        package var firstWritten: [Int] = []

        package init(end: JournalEnd) { self.end = end }
    }

    /// Applies the journal from the slot's tail to the tables, in place. Every step may be repeated: a crash inside is
    /// repaired by running it again.
    package static func apply(
        _ bytes: some CopyBytes, layout: FileLayout, slot: StateSlot, checksum: Checksum
    ) throws(CopyFailure) -> Replayed {
        var firstWritten = Array(repeating: 0, count: layout.tables.count)
        var replayed = try scanCuts(bytes, layout: layout, slot: slot, checksum: checksum) { cut throws(CopyFailure) in
            try apply(cut, to: bytes) { change, isFirst in if isFirst { firstWritten[change.table.number] += 1 } }
        }
        replayed.firstWritten = firstWritten
        return replayed
    }

    /// - Parameters:
    ///   - looks: false if nobody wants to know what is written first, which saves a read of each record that is not in
    ///     memory.
    ///   - put: hears of each change, and whether its record had never been written. Inlined, as a call for each record
    ///     is a 25th of a replay.
    @inline(__always)
    static func apply<Bytes: CopyBytes, Source: CopyBytes>(
        _ cut: JournalReader<Source>.Cut, to bytes: Bytes, looks: Bool = true,
        _ put: (JournalChange, _ isFirst: Bool) -> Void
    ) throws(CopyFailure) {
        if let memory = bytes.memory, memory.count >= cut.layout.tablesEnd {
            return apply(cut, to: memory, put)
        }
        let room = slotRoom(cut.layout)
        defer { room.deallocate() }
        var changes = cut.changes
        while let change = changes.next() {
            if looks {
                try bytes.read(into: UnsafeMutableRawBufferPointer(rebasing: room[..<16]), at: change.slotOffset)
                put(change, isFirst(at: room.baseAddress!))
            }
            write(change, at: room.baseAddress!)
            try bytes.write(
                UnsafeRawBufferPointer(start: room.baseAddress!, count: change.table.slotBytes), at: change.slotOffset)
        }
    }

    /// How many slots of a cut are asked for at once: their cache misses and address translations overlap, as in
    /// `PagesAhead`.
    private static let batch = 24

    @inline(__always)
    private static func apply(
        _ cut: JournalReader<some CopyBytes>.Cut, to memory: UnsafeMutableRawBufferPointer,
        _ put: (JournalChange, _ isFirst: Bool) -> Void
    ) {
        var coming = cut.changes
        var changes = cut.changes
        var count = prefetch(&coming, in: memory)
        while count > 0 {
            for _ in 0 ..< count {
                guard let change = changes.next() else { return }
                let slot = memory.baseAddress! + change.slotOffset
                PageTouch.read(slot)
                put(change, isFirst(at: slot))
                write(change, at: slot)
            }
            count = prefetch(&coming, in: memory)
        }
    }

    /// Asks for the slots of the next changes; returns of how many.
    @inline(__always)
    private static func prefetch(_ coming: inout JournalChanges, in memory: UnsafeMutableRawBufferPointer) -> Int {
        var slots = InlineArray<24, (offset: Int, bytes: Int)>(repeating: (0, 0))
        var count = 0
        while count < batch, let change = coming.next() {
            slots[count] = (change.slotOffset, min(change.table.slotBytes, 512))
            count += 1
        }
        for place in 0 ..< count {
            let slot = memory.baseAddress! + slots[place].offset
            for line in stride(from: 0, to: slots[place].bytes, by: 64) { tandem_prefetch_for_writing(slot + line) }
        }
        return count
    }

    private static func isFirst(at slot: UnsafeRawPointer) -> Bool {
        slot.load(fromByteOffset: 8, as: UInt64.self) == 0
    }

    /// The record's slot as the change says, with the seal that it came with.
    private static func write(_ change: JournalChange, at slot: UnsafeMutableRawPointer) {
        let table = change.table
        slot.storeBytes(of: UInt64(change.seal) << 32, as: UInt64.self)
        slot.storeBytes(of: change.epoch, toByteOffset: 8, as: UInt64.self)
        (slot + 16).copyMemory(from: change.payload, byteCount: table.payloadBytes)
        let padding = table.slotBytes - 16 - table.payloadBytes
        if padding > 0 {
            (slot + 16 + table.payloadBytes).initializeMemory(as: UInt8.self, repeating: 0, count: padding)
        }
    }

    /// The driver's replay command: applies whole cuts until `until`, or until `budget` bytes of journal have been
    /// applied. Returns where it stopped.
    package static func replay(
        _ bytes: some CopyBytes, layout: FileLayout, slot: StateSlot, until: JournalEnd, budget: Int, checksum: Checksum
    ) throws(CopyFailure) -> JournalEnd {
        var reader = JournalReader(bytes, layout: layout, slot: slot, checksum: checksum)
        while reader.end != until, reader.end.position &- slot.journalTail < UInt64(budget) {
            // A journal that ends early, or elsewhere, has rotted: moving its tail would lose what lay behind.
            guard let cut = try reader.next(), cut.isSound(checksum), reader.end.cut <= until.cut else {
                throw CopyFailure(.inputOutput)
            }
            try apply(cut, to: bytes, looks: false) { _, _ in }
        }
        return reader.end
    }

    private static func slotRoom(_ layout: FileLayout) -> UnsafeMutableRawBufferPointer {
        .allocate(byteCount: layout.tables.map(\.slotBytes).max() ?? 0, alignment: 16)
    }

    /// Walks the journal without changing anything, handing each change to `body`.
    package static func scan(
        _ bytes: some CopyBytes, layout: FileLayout, slot: StateSlot, checksum: Checksum,
        _ body: (JournalChange) throws(CopyFailure) -> Void
    ) throws(CopyFailure) -> Replayed {
        try scanCuts(bytes, layout: layout, slot: slot, checksum: checksum) { cut throws(CopyFailure) in
            var changes = cut.changes
            while let change = changes.next() { try body(change) }
        }
    }

    private static func scanCuts<Bytes: CopyBytes>(
        _ bytes: Bytes, layout: FileLayout, slot: StateSlot, checksum: Checksum,
        _ body: (JournalReader<Bytes>.Cut) throws(CopyFailure) -> Void
    ) throws(CopyFailure) -> Replayed {
        var reader = JournalReader(bytes, layout: layout, slot: slot, checksum: checksum)
        var replayed = Replayed(end: reader.end)
        // A record that contradicts itself ends the journal like one that is not whole.
        while let cut = try reader.next(), cut.isSound(checksum) {
            try body(cut)
            replayed.end = reader.end
            replayed.cuts += 1
            replayed.changes += cut.count
            replayed.wallNanoseconds = cut.wallNanoseconds
        }
        return replayed
    }
}
