import TandemCore

/// What a promotion finds in a file: the production recovery, on a clone or on the file itself.
enum Promoting {
    /// The last whole cut, and the file as recovered; nil when it is not promotable.
    static func recover(_ file: SimulatedFile, layout: FileLayout) -> UInt64? {
        guard
            case .copy(let slot, let end?) = try? CopyExaminer.examine(
                file, expected: layout, path: "copy", checksum: simulationChecksum),
            slot.role == .consistent,
            let replayed = try? CopyRecovery.apply(file, layout: layout, slot: slot, checksum: simulationChecksum),
            replayed.end == end
        else { return nil }
        return end.cut
    }

    /// Makes the file a source of a new generation, after `tries` promotions that were killed in the middle.
    static func promote(_ file: SimulatedFile, layout: FileLayout, tries: Int, _ random: inout SeededRandom) -> Bool {
        // The standby has let go of it.
        file.arriving = nil
        for _ in 0 ..< tries {
            let interrupted = Interrupted(file: file, left: random.below(40))
            guard
                case .copy(let slot, _?) = try? CopyExaminer.examine(
                    file, expected: layout, path: "copy", checksum: simulationChecksum)
            else { return false }
            file.flush(through: file.landed)
            _ = try? CopyRecovery.apply(interrupted, layout: layout, slot: slot, checksum: simulationChecksum)
        }
        guard let cut = recover(file, layout: layout),
            case .copy(var slot, _) = try? CopyExaminer.examine(
                file, expected: layout, path: "copy", checksum: simulationChecksum)
        else { return false }
        slot.sequence &+= 1
        let life = slot.life.next(Generation(high: 8, low: 8), at: cut)
        (slot.generation, slot.lineage) = (life.generation, life.lineage)
        slot.role = .source
        slot.cut = cut
        var sector = [UInt8](repeating: 0, count: StateSlot.byteCount)
        sector.withUnsafeMutableBytes { slot.encode(into: $0.baseAddress!, checksum: simulationChecksum) }
        sector.withUnsafeBytes { file.land($0, at: slot.offset) }
        file.flush(through: file.landed)
        return true
    }

    /// A promotion that comes to nothing: it has applied some of the journal, in place.
    static func beginInVain(_ file: SimulatedFile, layout: FileLayout, _ random: inout SeededRandom) {
        guard random.below(4) != 0,
            case .copy(let slot, _?) = try? CopyExaminer.examine(
                file, expected: layout, path: "copy", checksum: simulationChecksum), slot.role == .consistent
        else { return }
        // Its times show that somebody else has written to it.
        file.arriving = nil
        // Write ahead: as `Promotion` does it.
        file.flush(through: file.landed)
        let interrupted = Interrupted(file: file, left: random.below(40))
        _ = try? CopyRecovery.apply(interrupted, layout: layout, slot: slot, checksum: simulationChecksum)
    }

    /// A promotion that is killed after some writes, the last of them torn.
    private final class Interrupted: CopyBytes {
        let file: SimulatedFile
        var left: Int
        var count: Int { file.count }

        init(file: SimulatedFile, left: Int) {
            self.file = file
            self.left = left
        }

        func read(into destination: UnsafeMutableRawBufferPointer, at offset: Int) throws(CopyFailure) {
            try file.read(into: destination, at: offset)
        }

        func write(_ source: UnsafeRawBufferPointer, at offset: Int) throws(CopyFailure) {
            guard left >= 0 else { throw CopyFailure(.inputOutput) }
            left -= 1
            try file.write(
                left >= 0 ? source : UnsafeRawBufferPointer(rebasing: source[..<(source.count / 2)]), at: offset)
        }
    }
}
