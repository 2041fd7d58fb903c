import TandemCore

/// State slots: exactly those that are valid by the format's own words are taken, and the newest of them counts.
final class StateTarget: FuzzTarget {
    private let header = UnsafeMutableRawBufferPointer.allocate(byteCount: CopyExaminer.headerBytes, alignment: 4096)
    private let again = UnsafeMutableRawBufferPointer.allocate(byteCount: StateSlot.byteCount, alignment: 16)
    /// Both slots, side by side.
    private let sectors = UnsafeMutableRawBufferPointer.allocate(byteCount: 1024, alignment: 16)
    private let places = StatePlaces.both(0, 512)
    private static let slots: [StateSlot] = [
        StateSlot(
            sequence: 8, generation: FuzzLayout.generation, role: .consistent, journalTail: 4096, tailCut: 3, cut: 5,
            wallNanoseconds: 9),
        StateSlot(
            sequence: 7, generation: FuzzLayout.generation,
            lineage: Lineage(
                ancestors: (0 ..< 8).map { Generation(high: $0 + 1, low: $0) }, ends: Array(1 ... 8),
                first: Generation(high: 9, low: 0), promotions: 9), role: .source),
    ]

    /// As written; the newer one torn, both torn; another role, count, cut.
    static let seeds: [[UInt8]] = [
        [0], [1, 0, 1, 5], [2], [3, 0, 17, 5], [0, 0, 4, 0x30], [0, 0, 5, 0, 9], [0, 0, 7, 5, 7], [0, 0, 8, 6, 1],
        [4, 0, 1, 0, 7, 0, 17, 0, 7],
    ]

    init() { header.initializeMemory(as: UInt8.self, repeating: 0) }

    deinit {
        header.deallocate()
        sectors.deallocate()
        again.deallocate()
    }

    func run(_ input: FuzzInput) throws(Finding) -> Bool {
        var input = input
        let mode = input.byte()
        for (number, slot) in Self.slots.enumerated() {
            slot.encode(into: sectors.baseAddress! + number * 512, checksum: fuzzChecksum)
        }
        while !input.isAtEnd { sectors.edit(places, &input) }
        for (number, offset) in StateSlot.offsets.enumerated() {
            if mode & 1 << number == 0 {
                sectors.sealStructure(at: number * 512, 512)
            } else {
                input.tell("slot \(number)'s checksum is left as it is")
            }
            (header.baseAddress! + offset).copyMemory(from: sectors.baseAddress! + number * 512, byteCount: 512)
        }

        let valid = StateSlot.offsets.filter(isValid)
        for offset in StateSlot.offsets {
            let slot = StateSlot.decode(header.baseAddress! + offset, checksum: fuzzChecksum)
            try expect(
                (slot != nil) == valid.contains(offset),
                "the slot at \(offset) is taken for \(String(describing: slot))")
            if let slot { try checkReading(of: slot, at: offset) }
        }
        let newest = StateSlot.newest(in: header.baseAddress!, checksum: fuzzChecksum)
        input.tell("\(valid.count) of 2 are valid; \(newest.map { "slot \($0)" } ?? "none") counts")
        let highest = valid.map { header.number(at: Place($0 + 8, 8)) }.max()
        try expect(
            newest?.sequence == highest,
            "slot \(String(describing: newest?.sequence)) counts, not \(String(describing: highest))")
        return valid.count == 2
    }

    /// The format's own words, looked up byte by byte.
    private func isValid(_ offset: Int) -> Bool {
        func number(_ place: Int, _ count: Int) -> UInt64 { header.number(at: Place(offset + place, count)) }
        let checksum = number(508, 4)
        header.store(0, at: Place(offset + 508, 4))
        let sum = fuzzChecksum(UnsafeRawPointer(header.baseAddress! + offset), 512)
        header.store(checksum, at: Place(offset + 508, 4))
        return number(0, 8) == 0x4554_4154_5344_4E54 && (1 ... 3).contains(number(32, 4)) && number(36, 4) <= 8
            && number(48, 8) >> 55 == 0 && number(56, 8) >> 55 == 0 && UInt64(sum) == checksum
    }

    /// What was read says the same bytes again, but for those that mean nothing.
    private func checkReading(of slot: StateSlot, at offset: Int) throws(Finding) {
        slot.encode(into: again.baseAddress!, checksum: fuzzChecksum)
        try expect(
            StateSlot.decode(again.baseAddress!, checksum: fuzzChecksum) == slot,
            "a slot comes back as another: \(slot)")
        let meaningful = 72 + slot.ancestors.count * 16
        try expect(
            again.bytes.first(meaningful).isEqual(
                to: UnsafeRawBufferPointer(rebasing: header.bytes[offset ..< offset + meaningful])),
            "the slot at \(offset) says other bytes than it was read from")
        try expect(
            StateSlot.offsets.contains(slot.offset) && slot.offset == StateSlot.offsets[Int(slot.sequence % 2)],
            "it would be written to \(slot.offset)")
    }
}
