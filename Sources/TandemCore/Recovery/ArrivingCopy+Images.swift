/// Pages as they arrive, and those that were there before.
extension ArrivingCopy {
    private func pages(_ part: Range<Int>, _ table: TableLayout) -> Range<Int> {
        (part.lowerBound - table.offset) / table.pageBytes
            ..< (part.upperBound - table.offset + table.pageBytes - 1) / table.pageBytes
    }

    private func hasApplied(_ page: Int) -> Bool { applied[page / 64] >> UInt64(page % 64) & 1 != 0 }

    mutating func lay(
        _ source: UnsafeRawBufferPointer, at offset: Int, _ table: TableLayout
    ) throws(CopyFailure) {
        let range = offset ..< offset + source.count
        var run = range.lowerBound ..< range.lowerBound
        for page in pages(range, table) {
            let place = table.offset + page * table.pageBytes ..< table.offset + (page + 1) * table.pageBytes
            let part = range.clamped(to: place)
            let image = slice(source, range, part)
            if part == place, !hasApplied(table.firstPage + page), Int(bitPattern: image.baseAddress!) % 8 == 0 {
                run = run.lowerBound ..< part.upperBound
                continue
            }
            try put(slice(source, range, run), at: run.lowerBound, table)
            try overlay(image, part, on: page, table)
            run = part.upperBound ..< part.upperBound
        }
        try put(slice(source, range, run), at: run.lowerBound, table)
    }

    /// Whole pages of which nothing here is newer.
    private mutating func put(
        _ images: UnsafeRawBufferPointer, at offset: Int, _ table: TableLayout
    ) throws(CopyFailure) {
        guard !images.isEmpty else { return }
        let pages = pages(offset ..< offset + images.count, table)
        for page in pages { ledger.forget(table.firstPage + page) }
        try bytes.write(images, at: offset)
        for (place, page) in pages.enumerated() {
            ledger.look(table, page, at: images.baseAddress! + place * table.pageBytes, checksum)
        }
    }

    /// A part of a page, or a page on which a cut has brought records: of each that is newer here it stays, if it
    /// carries its seal. What has rotted is to be healed, whatever epoch it shows.
    private mutating func overlay(
        _ image: UnsafeRawBufferPointer, _ part: Range<Int>, on page: Int, _ table: TableLayout
    ) throws(CopyFailure) {
        let start = table.offset + page * table.pageBytes
        let stored = rooms.stored.room(table.pageBytes)
        let made = rooms.made.room(table.pageBytes)
        try bytes.read(into: stored, at: start)
        made.copyMemory(from: UnsafeRawBufferPointer(stored))
        (made.baseAddress! + (part.lowerBound - start)).copyMemory(from: image.baseAddress!, byteCount: image.count)
        if hasApplied(table.firstPage + page) {
            for (place, index) in table.records(onPage: page).enumerated() {
                let (old, new) = (
                    stored.baseAddress! + place * table.slotBytes, made.baseAddress! + place * table.slotBytes
                )
                let (had, comes) = (
                    old.load(fromByteOffset: 8, as: UInt64.self), new.load(fromByteOffset: 8, as: UInt64.self)
                )
                guard had > comes, PageImage.isSealed(table, index, at: old, checksum: checksum) else { continue }
                new.copyMemory(from: old, byteCount: table.slotBytes)
            }
        }
        ledger.forget(table.firstPage + page)
        try bytes.write(UnsafeRawBufferPointer(made), at: start)
        ledger.look(table, page, at: made.baseAddress!, checksum)
    }

    /// Looks at pages of which nothing is known, for so many bytes; false when there are none left.
    package mutating func lookAround(_ budget: Int) throws(CopyFailure) -> Bool {
        guard let layout else { return false }
        var left = budget
        while walk.table < layout.tables.count {
            let table = layout.tables[walk.table]
            while walk.page < table.pageCount {
                guard left > 0 else { return true }
                let page = walk.page
                walk.page += 1
                left -= 64
                guard ledger.isUnknown(table.firstPage + page) else { continue }
                let room = rooms.stored.room(table.pageBytes)
                try bytes.read(into: room, at: table.offset + page * table.pageBytes)
                ledger.look(table, page, at: room.baseAddress!, checksum)
                left -= table.pageBytes
            }
            walk = (walk.table + 1, 0)
        }
        walk = (0, 0)
        return false
    }
}
