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
        /// Of each table, the records that had never been written before. Counted by `apply` alone.
        package var firstWritten: [Int] = []

        package init(end: JournalEnd) { self.end = end }
    }

    /// Applies the journal from the slot's tail to the tables, in place. Every step may be repeated: a crash inside is
    /// repaired by running it again.
    package static func apply(
        _ bytes: some CopyBytes, layout: FileLayout, slot: StateSlot, checksum: Checksum
    ) throws(CopyFailure) -> Replayed {
        let room = slotRoom(layout)
        defer { room.deallocate() }
        var firstWritten: [Int]? = Array(repeating: 0, count: layout.tables.count)
        var replayed = try scanCuts(bytes, layout: layout, slot: slot, checksum: checksum) { cut throws(CopyFailure) in
            try apply(cut, to: bytes, room, &firstWritten)
        }
        replayed.firstWritten = firstWritten!
        return replayed
    }

    /// - Parameter firstWritten: nil if nobody wants to know, which saves a read of each record that is not in memory.
    private static func apply<Bytes: CopyBytes>(
        _ cut: JournalReader<Bytes>.Cut, to bytes: Bytes, _ room: UnsafeMutableRawBufferPointer, _ firstWritten: inout [Int]?
    ) throws(CopyFailure) {
        if let memory = bytes.memory, memory.count >= cut.layout.tablesEnd { return apply(cut, to: memory, &firstWritten) }
        var changes = cut.changes
        while let change = changes.next() {
            if firstWritten != nil {
                try bytes.read(into: UnsafeMutableRawBufferPointer(rebasing: room[..<16]), at: change.slotOffset)
                count(change, at: room.baseAddress!, &firstWritten)
            }
            write(change, at: room.baseAddress!)
            try bytes.write(
                UnsafeRawBufferPointer(start: room.baseAddress!, count: change.table.slotBytes), at: change.slotOffset)
        }
    }

    /// How many changes ahead the slots of a cut are asked for: enough that their cache misses overlap.
    private static let ahead = 16

    private static func apply(
        _ cut: JournalReader<some CopyBytes>.Cut, to memory: UnsafeMutableRawBufferPointer, _ firstWritten: inout [Int]?
    ) {
        var coming = cut.changes
        func prefetch() {
            guard let change = coming.next() else { return }
            let slot = memory.baseAddress! + change.slotOffset
            for line in stride(from: 0, to: min(change.table.slotBytes, 512), by: 64) {
                tandem_prefetch_for_writing(slot + line)
            }
        }
        for _ in 0 ..< ahead { prefetch() }
        var changes = cut.changes
        while let change = changes.next() {
            prefetch()
            let slot = memory.baseAddress! + change.slotOffset
            count(change, at: slot, &firstWritten)
            write(change, at: slot)
        }
    }

    private static func count(_ change: JournalChange, at slot: UnsafeRawPointer, _ firstWritten: inout [Int]?) {
        if slot.load(fromByteOffset: 8, as: UInt64.self) == 0 { firstWritten?[change.table.number] += 1 }
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

    /// The driver's replay command: applies whole cuts until `until`, or until `budget` bytes of journal have been applied.
    /// Returns where it stopped.
    package static func replay(
        _ bytes: some CopyBytes, layout: FileLayout, slot: StateSlot, until: JournalEnd, budget: Int, checksum: Checksum
    ) throws(CopyFailure) -> JournalEnd {
        let room = slotRoom(layout)
        defer { room.deallocate() }
        var uncounted: [Int]?
        var reader = JournalReader(bytes, layout: layout, slot: slot, checksum: checksum)
        while reader.end != until, reader.end.position &- slot.journalTail < UInt64(budget) {
            // A journal that ends early, or elsewhere, has rotted: moving its tail would lose what lay behind.
            guard let cut = try reader.next(), cut.isSound(checksum), reader.end.cut <= until.cut else {
                throw CopyFailure(.inputOutput)
            }
            try apply(cut, to: bytes, room, &uncounted)
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

/// Says what a file is, without changing it.
package enum CopyExaminer {
    package static let headerBytes = 16384

    /// The identity and both state slots, of a file that is not shorter than that.
    package static func header(of bytes: some CopyBytes) throws(CopyFailure) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: headerBytes)
        try header.withMutableBytes { raw throws(CopyFailure) in try bytes.read(into: raw, at: 0) }
        return header
    }

    package static func examine(
        _ bytes: some CopyBytes, expected layout: FileLayout, path: String, checksum: Checksum
    ) throws(CopyFailure) -> CopyExamination {
        if bytes.count == 0 { return .blank }
        guard bytes.count >= headerBytes else {
            return .foreign(
                TandemError(
                    .notTandem, path, "the file is not a Tandem copy",
                    remedy: "Give the path of a copy, or of a file that does not exist yet"))
        }
        let header = try header(of: bytes)
        if header.withUnsafeBytes({ $0.isZero }) {
            return try isZero(bytes, from: headerBytes) ? .blank : .foreign(notACopy(path))
        }
        do throws(TandemError) {
            let found = try header.withBytes { raw throws(TandemError) in
                try Identity.decode(raw, path: path, checksum: checksum)
            }
            guard found == layout else {
                return .foreign(
                    TandemError(
                        .wrongSchema, path, "the copy has other tables or sizes than the source",
                        remedy: "Give the copy of this source, or another path"))
            }
        } catch {
            return try isUnfinished(header, bytes, layout, checksum) ? .blank : .foreign(error)
        }
        guard let slot = StateSlot.newest(in: header, checksum: checksum) else {
            if try isUnfinished(header, bytes, layout, checksum) { return .blank }
            return .foreign(
                TandemError(
                    .corrupt, path, "both state slots are damaged",
                    remedy: "Keep the file for examination and give another path"))
        }
        // A source is as long as its tables and is not one that was cut short.
        if slot.role == .source { return .copy(slot, journal: nil) }
        guard bytes.count >= layout.copyBytes else {
            return .foreign(
                TandemError(
                    .wrongLength, path, "the copy has \(bytes.count) bytes where its header says \(layout.copyBytes)",
                    remedy: "The file was cut short: move it away, and put an empty file in its place"))
        }
        guard slot.role == .consistent else { return .copy(slot, journal: nil) }
        let end = try CopyRecovery.scan(bytes, layout: layout, slot: slot, checksum: checksum) { _ in }.end
        // The slot was written after the cut it names was whole: a journal that ends before it is damaged.
        return .copy(slot, journal: end.cut >= slot.cut ? end : nil)
    }

    private static func notACopy(_ path: String) -> TandemError {
        TandemError(
            .notTandem, path, "the file holds data that is not a Tandem copy",
            remedy: "Give the path of a copy, or of a file that does not exist yet")
    }

    /// What is left of laying out a blank file when that is stopped half-way: a part of this very header, and nothing behind
    /// it. Refused, it would have to be cleared by hand before each new try.
    private static func isUnfinished(
        _ header: [UInt8], _ bytes: some CopyBytes, _ layout: FileLayout, _ checksum: Checksum
    ) throws(CopyFailure) -> Bool {
        var whole = Identity.encode(layout, checksum: checksum)
        whole.append(contentsOf: [UInt8](repeating: 0, count: headerBytes - whole.count))
        for offset in StateSlot.offsets {
            // What a slot says is not known, but how it begins.
            let sector = offset ..< offset + StateSlot.byteCount
            let begun = header[sector].starts(with: StateSlot.magic)
            whole.replaceSubrange(
                begun ? sector : offset ..< offset + StateSlot.magic.count, with: begun ? Array(header[sector]) : StateSlot.magic)
        }
        guard header.withUnsafeBytes({ header in whole.withUnsafeBytes { header.isPart(of: $0) } }) else { return false }
        return try isZero(bytes, from: headerBytes)
    }

    /// Whether nothing is there from `start` on, as in what `fallocate` or a new device gives. Looks at all of the first
    /// mebibyte, where every file system and partition table leaves its mark, at a thousand pages behind it and at the last:
    /// enough to tell a blank from somebody's data in all but contrived cases, and never minutes of reading.
    private static func isZero(_ bytes: some CopyBytes, from start: Int) throws(CopyFailure) -> Bool {
        var page = [UInt8](repeating: 0, count: 4096)
        func isClear(_ count: Int, at offset: Int) throws(CopyFailure) -> Bool {
            try page.withMutableBytes { raw throws(CopyFailure) in
                let part = UnsafeMutableRawBufferPointer(rebasing: raw[..<count])
                try bytes.read(into: part, at: offset)
                return UnsafeRawBufferPointer(part).isZero
            }
        }
        let stride = max(1 << 20, bytes.count / 1000)
        var offset = start
        while offset < bytes.count {
            guard try isClear(min(4096, bytes.count - offset), at: offset) else { return false }
            offset += offset < 1 << 20 ? 4096 : stride
        }
        return try isClear(4096, at: bytes.count - 4096)
    }
}

/// The first bytes of a new copy.
package enum CopyFormatter {
    /// Identity and schema, then the slot in both places, so that the older of two never speaks of another life.
    package static func header(layout: FileLayout, slot: StateSlot, checksum: Checksum) -> [UInt8] {
        var header = Identity.encode(layout, checksum: checksum)
        header.append(contentsOf: [UInt8](repeating: 0, count: CopyExaminer.headerBytes - header.count))
        header.withUnsafeMutableBytes { raw in
            for sequence in [slot.sequence, slot.sequence &+ 1] {
                var slot = slot
                slot.sequence = sequence
                slot.encode(into: raw.baseAddress! + slot.offset, checksum: checksum)
            }
        }
        return header
    }
}
