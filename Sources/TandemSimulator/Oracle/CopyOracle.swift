import TandemCore

/// Whether a file, promoted at this moment, would be exactly a cut, and the one that was promised.
struct CopyOracle {
    let world: World

    /// What is wrong; nil when it is a cut, or not promotable and need not be.
    func violation(in file: SimulatedFile, mustBePromotable: Bool) -> String? {
        guard let cut = Promoting.recover(file, layout: world.layout) else {
            return mustBePromotable ? "the copy is not promotable, in phase \(world.engineState.phase)" : nil
        }
        return violation(ofCut: cut, in: file)
    }

    /// A copy that says that its source stands still lacks nothing that anybody was told has been committed. One that
    /// was put back by then, or stands beside its successor, says what was true once.
    private func lacking(_ cut: UInt64, in file: SimulatedFile) -> String? {
        guard !world.isTakenBackForced,
            let slot = CopyExaminer.newestSlot(
                of: file, expected: world.layout, path: "copy", checksum: simulationChecksum),
            slot.isHandedOver, let block = world.block(of: slot.copy),
            slot.sequence >= block[.copySequence].load(), world.history.lastEpoch > cut
        else { return nil }
        return "handed over with cut \(cut), while epoch \(world.history.lastEpoch) was committed"
    }

    /// The same for a file that has been recovered to `cut`.
    func violation(ofCut cut: UInt64, in file: SimulatedFile) -> String? {
        if let lacking = lacking(cut, in: file) { return lacking }
        guard cut >= file.acknowledged else { return "cut \(file.acknowledged) was acknowledged, the copy has \(cut)" }
        return difference(file, at: cut) ?? world.history.unseen(at: cut)
    }

    private func difference(_ file: SimulatedFile, at cut: UInt64) -> String? {
        for table in world.layout.tables {
            var slot = [UInt64](repeating: 0, count: table.slotBytes / 8)
            for index in 0 ..< table.capacity {
                let offset = table.offset + table.slotOffset(of: index, page: table.page(of: index))
                let isRead = slot.withUnsafeMutableBytes { (try? file.read(into: $0, at: offset)) != nil }
                // Told only when something is wrong: most records are right, and a text for each takes longer than
                // looking at it.
                func wrong(_ what: String) -> String { "cut \(cut), table \(table.number) record \(index)\(what)" }
                guard isRead else { return wrong(" cannot be read") }
                let isSealed = slot.withUnsafeBytes {
                    PageImage.isSealed(table, index, at: $0.baseAddress!, checksum: simulationChecksum)
                }
                guard table.number < World.stampedCount else {
                    if !isSealed { return wrong(": its seal does not match") }
                    continue
                }
                let wanted = world.history.stamp(table.number, index, at: cut)
                let words = slot[2 ..< 2 + table.payloadBytes / 8]
                if words.contains(where: { $0 != wanted }) {
                    return wrong(
                        """
                        : \(Set(words).sorted()) where \(wanted) was committed; of \
                        \(world.history.story(table.number, index))
                        """
                    )
                }
                if !isSealed { return wrong(": its seal does not match") }
            }
        }
        return keyedViolation(at: cut) { table, index, payload in
            let offset = table.offset + table.slotOffset(of: index, page: table.page(of: index))
            return (try? file.read(into: payload, at: offset + 16)) != nil
        }.map { "cut \(cut), \($0)" }
    }

    /// Whether the keyed table of a copy, or of the source, is what was committed up to `cut`.
    private func keyedViolation(
        at cut: UInt64, _ read: (TableLayout, Int, UnsafeMutableRawBufferPointer) -> Bool
    ) -> String? {
        guard let keyed = world.keyed else { return nil }
        return KeyedOracle.violation(
            keyed, stamps: { world.history.stamp(World.keysTable, $0, at: cut) }, read)
    }

    /// Records that a descriptor counts as copied, while they have not arrived. Where a failed flush has taken them
    /// back the engine need not have heard yet; when it does it starts from zero.
    func descriptorViolation(in file: SimulatedFile) -> String? {
        // What somebody writes over the copy is noticed at the next look, and not in this moment.
        guard !file.isDamaged, !file.hasLostPages, file.overwrittenAt == nil, file.rottenSince == nil else {
            return nil
        }
        for table in world.layout.tables {
            let copied = world.area.descriptor(table.number).recordsCopied
            var slot = [UInt64](repeating: 0, count: table.slotBytes / 8)
            for index in 0 ..< copied {
                let offset = table.offset + table.slotOffset(of: index, page: table.page(of: index))
                let isThere = slot.withUnsafeMutableBytes { raw in
                    (try? file.read(into: raw, at: offset)) != nil
                        && PageImage.isSealed(table, index, at: raw.baseAddress!, checksum: simulationChecksum)
                }
                if !isThere {
                    return "table \(table.number): the descriptor says \(copied) while record \(index) has not arrived"
                }
            }
        }
        return nil
    }

    /// Whether some record of the file still lacks its seal since a byte of it has rotted.
    func isRotten(_ file: SimulatedFile) -> Bool {
        guard file.rottenSince != nil else { return false }
        if hasUnsealed(file) { return true }
        file.rottenSince = nil
        return false
    }

    /// Whether some record of the file lacks its seal.
    func hasUnsealed(_ file: SimulatedFile) -> Bool {
        for table in world.layout.tables {
            var slot = [UInt64](repeating: 0, count: table.slotBytes / 8)
            for index in 0 ..< table.capacity {
                let offset = table.offset + table.slotOffset(of: index, page: table.page(of: index))
                let isWhole = slot.withUnsafeMutableBytes { raw in
                    (try? file.read(into: raw, at: offset)) != nil
                        && PageImage.isSealed(table, index, at: raw.baseAddress!, checksum: simulationChecksum)
                }
                if !isWhole { return true }
            }
        }
        return false
    }

    /// The source itself, when all is over: every record unlocked and at its newest.
    func sourceViolation() -> String? {
        for table in world.layout.tables {
            for index in 0 ..< table.capacity {
                func wrong(_ what: String) -> String { "source, table \(table.number) record \(index)\(what)" }
                if world.tables[table.number].headerWord(index) & 0xFFFF != 0 { return wrong(" is still locked") }
                guard table.number < World.stampedCount else { continue }
                let wanted = world.history.newest(table.number, index)
                guard let stamp = try? world.read(table.number, index) else { return wrong(" cannot be read") }
                if stamp != wanted { return wrong(": stamp \(stamp) where \(wanted) was committed") }
            }
        }
        let keyed = keyedViolation(at: .max) { table, index, payload in
            (try? world.tables[table.number].read(index, into: payload.baseAddress!)) != nil
        }
        return keyed.map { "source, \($0)" } ?? keyedDisorder() ?? world.history.dirtyRead()
    }

    /// The same for a copy of a source whose history is another's: it has the source's bytes.
    func differenceFromSource(_ file: SimulatedFile) -> String? {
        for table in world.layout.tables {
            var (copy, own) = (
                [UInt8](repeating: 0, count: table.payloadBytes), [UInt8](repeating: 0, count: table.payloadBytes)
            )
            for index in 0 ..< table.capacity {
                let offset = table.offset + table.slotOffset(of: index, page: table.page(of: index)) + 16
                let isRead =
                    copy.withUnsafeMutableBytes { (try? file.read(into: $0, at: offset)) != nil }
                    && own.withUnsafeMutableBytes { room in
                        (try? world.tables[table.number].read(index, into: room.baseAddress!)) != nil
                    }
                if !isRead || copy != own {
                    return "table \(table.number) record \(index) is not that of the source put back"
                }
            }
        }
        return nil
    }

    private func keyedDisorder() -> String? {
        guard let keyed = world.keyed else { return nil }
        for key in 0 ..< KeyedTables.keyCount {
            if let wrong = keyed.history.disorder(of: key, world.history.stamps(World.keysTable, key)) { return wrong }
        }
        return nil
    }
}
