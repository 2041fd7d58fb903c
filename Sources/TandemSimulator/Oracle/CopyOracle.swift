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
            case .copy(let slot, _) = try? CopyExaminer.examine(
                file, expected: world.layout, path: "copy", checksum: simulationChecksum),
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
                let isSealed = slot.withUnsafeBytes {
                    PageImage.isSealed(table, index, at: $0.baseAddress!, checksum: simulationChecksum)
                }
                if !isSealed { return wrong(": its seal does not match") }
            }
        }
        return nil
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
                let wanted = world.history.newest(table.number, index)
                guard let stamp = try? world.read(table.number, index) else { return wrong(" cannot be read") }
                if stamp != wanted { return wrong(": stamp \(stamp) where \(wanted) was committed") }
            }
        }
        return world.history.dirtyRead()
    }
}
