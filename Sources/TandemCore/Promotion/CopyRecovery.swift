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

        package init(end: JournalEnd) { self.end = end }
    }

    /// Applies the journal from the slot's tail to the tables, in place. Every step may be repeated: a crash inside is
    /// repaired by running it again.
    package static func apply(
        _ bytes: some CopyBytes, layout: FileLayout, slot: StateSlot, checksum: Checksum
    ) throws(CopyFailure) -> Replayed {
        var slotBytes = [UInt8](repeating: 0, count: layout.tables.map(\.slotBytes).max() ?? 0)
        return try scan(bytes, layout: layout, slot: slot, checksum: checksum) { change throws(CopyFailure) in
            let table = change.table
            let page = table.page(of: change.index)
            let offset = table.offset + table.slotOffset(of: change.index, page: page)
            try slotBytes.withMutableBytes { raw throws(CopyFailure) in
                let slot = raw.baseAddress!
                (slot + 16).copyMemory(from: change.payload, byteCount: table.payloadBytes)
                PageImage.write(table, change.index, epoch: change.epoch, at: slot, checksum: checksum)
                try bytes.write(UnsafeRawBufferPointer(start: slot, count: table.slotBytes), at: offset)
            }
        }
    }

    /// As `apply`, for the driver's replay command.
    package static func replay(
        _ bytes: some CopyBytes, layout: FileLayout, slot: StateSlot, until expected: JournalEnd, checksum: Checksum
    ) throws(CopyFailure) {
        // A journal that ends early has rotted: moving its tail would lose what lay behind.
        guard try apply(bytes, layout: layout, slot: slot, checksum: checksum).end == expected else {
            throw CopyFailure(.inputOutput)
        }
    }

    /// Walks the journal without changing anything, handing each change to `body`.
    package static func scan(
        _ bytes: some CopyBytes, layout: FileLayout, slot: StateSlot, checksum: Checksum,
        _ body: (JournalChange) throws(CopyFailure) -> Void
    ) throws(CopyFailure) -> Replayed {
        var reader = JournalReader(bytes, layout: layout, slot: slot, checksum: checksum)
        var replayed = Replayed(end: reader.end)
        var before = reader.end
        while let cut = try reader.next() {
            // A record that contradicts itself ends the journal like one that is not whole.
            guard try cut.forEachChange(layout, checksum, body) else {
                replayed.end = before
                return replayed
            }
            before = reader.end
            replayed.cuts += 1
            replayed.changes += cut.changes
            replayed.wallNanoseconds = cut.wallNanoseconds
        }
        replayed.end = reader.end
        return replayed
    }
}

/// Says what a file is, without changing it.
package enum CopyExaminer {
    package static let headerBytes = 16384

    package static func examine(
        _ bytes: some CopyBytes, expected layout: FileLayout, path: String, checksum: Checksum
    ) throws(CopyFailure) -> CopyExamination {
        if bytes.count == 0 { return .blank }
        var header = [UInt8](repeating: 0, count: headerBytes)
        guard bytes.count >= headerBytes else {
            return .foreign(
                TandemError(
                    .notTandem, path, "the file is not a Tandem copy",
                    remedy: "Give the path of a copy, or of a file that does not exist yet"))
        }
        try header.withMutableBytes { raw throws(CopyFailure) in try bytes.read(into: raw, at: 0) }
        if header.allSatisfy({ $0 == 0 }) { return try isZero(bytes) ? .blank : .foreign(notACopy(path)) }
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
            return .foreign(error)
        }
        guard let slot = header.withUnsafeBytes({ StateSlot.newest(in: $0.baseAddress!, checksum: checksum) }) else {
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

    /// A file of zeros counts as blank: what `fallocate` or a new device gives. Looks at one page in every mebibyte, and at
    /// the first and last: enough to tell a blank from somebody's data behind a zero header in all but contrived cases.
    private static func isZero(_ bytes: some CopyBytes) throws(CopyFailure) -> Bool {
        var page = [UInt8](repeating: 0, count: 4096)
        for offset in stride(from: 0, to: bytes.count - 4095, by: 1 << 20) {
            try page.withMutableBytes { raw throws(CopyFailure) in try bytes.read(into: raw, at: offset) }
            guard page.allSatisfy({ $0 == 0 }) else { return false }
        }
        return true
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
