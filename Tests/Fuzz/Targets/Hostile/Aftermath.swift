import TandemCore

/// The scribbling has ended, and whoever had a transaction has been started anew: from here on the copy must get whole, with every record that is
/// written now.
struct Aftermath {
    private let world: HostileTarget
    private static let records = [(0, 0), (0, 70), (1, 5), (2, 1)]

    init(_ world: HostileTarget) { self.world = world }

    func check() throws(Finding) {
        world.driver.calm()
        world.writers.clear()
        // The first cut finds and rights what was scribbled over E; what was committed before may have a wrong epoch.
        _ = try write()
        try wait(for: 0)
        let written = try write()
        try wait(for: written.map(\.epoch).max() ?? 0)
        try world.checkCopy()
        try compare(written)
    }

    private func wait(for epoch: UInt64) throws(Finding) {
        var polls = 0
        repeat {
            polls += 1
            try expect(
                polls <= 400,
                "\(world.engine.phase), \(world.engine.reason) long after the scribbling has ended; \(world.source.area.committed.load()) of \(epoch) is on the copy")
            // Some in small steps, then long ones: back-off and deadlines.
            try world.poll(after: polls < 100 ? 1_000_000 : 200_000_000, rest: .max)
        } while !isWhole(epoch)
    }

    private func write() throws(Finding) -> [(table: Int, index: Int, epoch: UInt64)] {
        for slot in 0 ..< world.source.layout.writerCount {
            WriterRecovery.recover(slot: slot, in: world.source.memory, layout: world.source.layout)
        }
        var written: [(table: Int, index: Int, epoch: UInt64)] = []
        for (table, index) in Self.records {
            if let epoch = try world.writers.put(UInt64(0xC0DE + index), table: table, index: index) { written.append((table, index, epoch)) }
        }
        return written
    }

    private func isWhole(_ epoch: UInt64) -> Bool {
        let committed = world.source.area.committed.load()
        return world.engine.phase == .inSync && (epoch == 0 || (committed >= epoch && committed < 1 << 56))
    }

    /// What a promotion at this moment would give.
    private func compare(_ written: [(table: Int, index: Int, epoch: UInt64)]) throws(Finding) {
        let copy = world.driver.copy
        let layout = world.source.layout
        guard let slot = StateSlot.newest(in: copy.header.baseAddress!, checksum: fuzzChecksum) else { throw Finding("no state slot") }
        let lost = try reading(copy) { () throws(CopyFailure) in
            try CopyRecovery.survey(copy, layout: layout, slot: slot, checksum: fuzzChecksum).lostThrough
        }
        try expect(lost == nil, "the journal is said to have lost cuts up to \(lost ?? 0)")
        copy.isReadOnly = false
        _ = try reading(copy) { () throws(CopyFailure) in try CopyRecovery.apply(copy, layout: layout, slot: slot, checksum: fuzzChecksum) }
        for (table, index, epoch) in written {
            let table = layout.tables[table]
            let place = copy.tables.baseAddress! + (table.offset - layout.tablesOffset + table.slotOffset(of: index, page: table.page(of: index)))
            try expect(PageImage.isSealed(table, index, at: place, checksum: fuzzChecksum), "record \(index) of table \(table.number) is not sealed")
            let (value, found) = (place.load(fromByteOffset: 16, as: UInt64.self), place.load(fromByteOffset: 8, as: UInt64.self))
            try expect(value == UInt64(0xC0DE + index), "record \(index) of table \(table.number), written after the scribbling, is \(value) of epoch \(found), not of \(epoch)")
        }
    }
}
