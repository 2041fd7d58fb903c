import TandemCore

/// The scribbling has ended, and whoever had a transaction has been started anew: from here on the copy must get whole,
/// with every record that is written now.
///
/// The first records may be lost: until the next cut finds and rights what was scribbled over E they are committed with
/// an epoch that may be any, and such a record is spoiled. So they are written again and again, and must arrive in one
/// of some rounds.
struct Aftermath {
    private typealias Written = (table: Int, index: Int, value: UInt64)

    private let world: HostileTarget
    private static let records = [(0, 0), (0, 70), (1, 5), (2, 1)]
    private static let rounds = 8
    /// Damaged records cost a capture each time, eight in a row; back-off and deadlines take seconds.
    private static let pollsPerRound = 50

    init(_ world: HostileTarget) { self.world = world }

    func check() throws(Finding) {
        world.input.tell("the scribbling has ended; nothing fails any more")
        world.driver.calm()
        world.writers.clear()
        var missing = "nothing has been written yet"
        for round in 0 ..< Self.rounds {
            let written = try write(round)
            for poll in 1 ... Self.pollsPerRound {
                try world.poll(after: round < 2 ? 1_000_000 : 200_000_000, rest: .max)
                // A cut takes three polls.
                guard poll % 3 == 0 else { continue }
                guard let lacks = try lacking(written) else { return try promote(written) }
                missing = lacks
                // Nothing is on its way any more: what is missing was committed while E was wrong.
                if world.isQuiet { break }
            }
        }
        throw Finding(
            "long after the scribbling has ended the copy is \(world.engine.phase), \(world.engine.reason): \(missing)")
    }

    private func write(_ round: Int) throws(Finding) -> [Written] {
        for slot in 0 ..< world.source.layout.writerCount {
            WriterRecovery.recover(slot: slot, in: world.source.memory, layout: world.source.layout)
        }
        var written: [Written] = []
        for (table, index) in Self.records {
            let value = UInt64(0xC0DE + index) + UInt64(round) << 32
            let epoch = try world.writers.put(value, table: table, index: index)
            world.input.tell(
                """
                record \(index) of table \(table) \
                \(epoch.map { "becomes \(hex(value)), epoch \(hex($0))" } ?? "cannot be locked")
                """
            )
            if epoch != nil { written.append((table, index, value)) }
        }
        return written
    }

    /// What the copy does not have yet of what was written; nil if it has all, and the engine says so.
    private func lacking(_ written: [Written]) throws(Finding) -> String? {
        let copy = world.driver.copy
        guard world.engine.phase == .inSync else { return "it is not in sync" }
        guard let slot = newestSlot else { return "it has no state slot" }
        var found = written.map { record in
            let table = world.source.layout.tables[record.table]
            return copy.tables.load(fromByteOffset: offset(table, record.index) + 16, as: UInt64.self)
        }
        let end = try reading(copy) { () throws(CopyFailure) in
            try CopyRecovery.scan(copy, layout: world.source.layout, slot: slot, checksum: fuzzChecksum) { change in
                for (place, record) in written.enumerated()
                where record.table == change.table.number && record.index == change.index {
                    found[place] = change.payload.loadUnaligned(as: UInt64.self)
                }
            }.end
        }
        for (record, value) in zip(written, found) where value != record.value {
            return "record \(record.index) of table \(record.table) is \(hex(value)), \(hex(record.value)) was written"
        }
        // Nothing could be locked: there need be no cut since.
        guard !written.isEmpty else { return nil }
        let committed = world.source.area.committed.load()
        return committed == end.cut ? nil : "cut \(hex(committed)) is said to be on it, \(end.cut) is"
    }

    private var newestSlot: StateSlot? {
        StateSlot.newest(in: world.driver.copy.header.baseAddress!, checksum: fuzzChecksum)
    }

    private func offset(_ table: TableLayout, _ index: Int) -> Int {
        table.offset - world.source.layout.tablesOffset + table.slotOffset(of: index, page: table.page(of: index))
    }

    /// A promotion at this moment gives it, sealed and whole.
    private func promote(_ written: [Written]) throws(Finding) {
        try world.checkCopy()
        let copy = world.driver.copy
        let layout = world.source.layout
        guard let slot = newestSlot else { throw Finding("no state slot") }
        let lost = try reading(copy) { () throws(CopyFailure) in
            try CopyRecovery.survey(copy, layout: layout, slot: slot, checksum: fuzzChecksum).lostThrough
        }
        try expect(lost == nil, "the journal is said to have lost cuts up to \(lost ?? 0)")
        copy.isReadOnly = false
        _ = try reading(copy) { () throws(CopyFailure) in
            try CopyRecovery.apply(copy, layout: layout, slot: slot, checksum: fuzzChecksum)
        }
        for (number, index, value) in written {
            let table = layout.tables[number]
            let place = copy.tables.baseAddress! + offset(table, index)
            try expect(
                PageImage.isSealed(table, index, at: place, checksum: fuzzChecksum),
                "record \(index) of table \(number) is not sealed")
            let found = UnsafeRawBufferPointer(start: place + 16, count: table.payloadBytes).bindMemory(to: UInt64.self)
            try expect(
                found.allSatisfy { $0 == value },
                "record \(index) of table \(number) is \(found[0]), not \(value) in all its words")
        }
        world.input.tell("everything has arrived")
    }
}
