import TandemCore

/// What may stand at a copy's path.
struct StandbyFiles {
    private let layout: FileLayout

    init(_ layout: FileLayout) { self.layout = layout }

    var starts: [(name: String, bytes: [UInt8]?)] {
        let line = Lineage(ancestors: [Generation(high: 7, low: 8)], ends: [3])
        let ours = FuzzLayout.generation
        return [
            ("nothing", nil),
            ("a copy that is being brought together", copy(StateSlot(sequence: 2, generation: ours, role: .syncing))),
            (
                "a copy of session 40, whose source took over from another",
                copy(
                    StateSlot(sequence: 7, generation: ours, lineage: line, role: .consistent, cut: 1, session: 40))
            ),
            ("a source", copy(StateSlot(sequence: 8, generation: ours, lineage: line, role: .source))),
            ("a letter", Array("Dear all, this is no copy.".utf8)),
            ("a file of zeros", [UInt8](repeating: 0, count: 20_480)),
        ]
    }

    /// With a sealed record in each place.
    private func copy(_ slot: StateSlot) -> [UInt8] {
        var bytes = CopyFormatter.header(layout: layout, slot: slot, checksum: fuzzChecksum)
        bytes += [UInt8](repeating: 0, count: layout.copyBytes - bytes.count)
        bytes.withUnsafeMutableBytes { raw in
            for table in layout.tables {
                for index in 0 ..< table.capacity {
                    let record =
                        raw.baseAddress! + table.offset + table.slotOffset(of: index, page: table.page(of: index))
                    record.storeBytes(of: UInt64(index + 1), toByteOffset: 8, as: UInt64.self)
                    let seal = recordSeal(
                        table: table.number, index: index, epochAndPayload: record + 8,
                        payloadBytes: table.payloadBytes, by: fuzzChecksum)
                    record.storeBytes(of: UInt64(seal) << 32, as: UInt64.self)
                }
            }
        }
        return bytes
    }

    /// A slot as it is written.
    static func sector(_ slot: StateSlot) -> [UInt8] {
        var sector = [UInt8](repeating: 0, count: StateSlot.byteCount)
        sector.withUnsafeMutableBytes { slot.encode(into: $0.baseAddress!, checksum: fuzzChecksum) }
        return sector
    }
}

/// Inputs that lead into each part of a standby.
enum StandbySeeds {
    /// A session above all before it, of the copy's length.
    private static let open: [UInt8] = [0x00, 0]
    private static let look: [UInt8] = [0x21, 1]
    /// By the last connection and by the first: at the file's start, at its end, in the control page, in the digests.
    private static let writes: [UInt8] = [0x30, 0, 4, 7, 0x31, 0x80, 1, 9, 0x31, 0x90, 1, 3, 0x31, 0x86, 8, 3, 5]
    private static let reads: [UInt8] = [0x70, 0, 4, 0x71, 0x90, 4, 0x71, 0xA0, 3, 0x71, 0x96, 9, 6, 0x71, 0x8F, 4]
    private static let others: [UInt8] = [0x90, 0x50, 4, 0xA0, 0x91, 0xB0, 1, 0xA1]
    private static let header: [UInt8] = [0x60, 0, 0x61, 1, 3, 1, 0x61, 2, 3, 200, 0x60, 0x41, 0, 0, 9]
    private static let promotion: [UInt8] = [0xC0, 0x30, 0, 4, 7, 0xC7, 0x00, 0, 0xC3, 0x00, 0, 0x21, 1]
    private static let odd: [UInt8] = [
        0x20, 4, 27, 23, 24, 25, 0x20, 3, 0, 1, 9, 0x20, 6, 27, 4, 9, 2, 24, 25, 0x20, 1, 0x20, 2, 18, 39, 0x20, 0,
    ]

    static let all: [[UInt8]] = {
        var seeds: [[UInt8]] = []
        for start in 0 ..< 6 as Range<UInt8> {
            func add(_ parts: [UInt8]...) { seeds.append([start] + parts.flatMap { $0 }) }
            add(open, writes, reads)
            add(open, writes, open, writes, reads, others, [0xE0])
            add(look, open, reads, writes, look, reads, [0xB0, 0xB0, 0xB0])
            add(open, header, reads, open, [0xD0], open, writes)
            add(open, promotion, [0xE0])
            add(promotion, open, [0xC0, 0xC0, 0xC3], open, [0xC3], open)
            add(odd)
            add(open, [0xF0], reads, writes, open, reads)
            add(open, [0xF2, 1], reads, open, writes, reads)
            add(open, [0xF5, 3, 0], reads, writes, open)
            add([0x04, 4, 0x05, 5, 0x06, 9, 0x0A, 0, 3, 1, 0x0B, 1, 5, 2, 0x00, 8])
        }
        return seeds
    }()
}
