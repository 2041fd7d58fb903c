import CTandemLayout
import TandemCore

/// Lays a journal by hand, as an input says: whole cuts, and then what somebody has done to them. By the documented
/// bytes, not by the product's encoder; everything is sealed anew after it was changed, unless the input wants it
/// broken.
struct JournalScript {
    /// One record that was laid.
    private struct Laid {
        var position: UInt64
        var byteCount: Int
    }

    private let copy: SparseCopy
    private let record: UnsafeMutableRawBufferPointer
    private var laid: [Laid] = []
    private var next = JournalEnd(position: 0, cut: 0)
    var slot = StateSlot(sequence: 2, generation: FuzzLayout.generation, role: .consistent)

    private var ring: UnsafeMutableRawBufferPointer { copy.journal }

    init(_ copy: SparseCopy) {
        self.copy = copy
        record = .allocate(byteCount: copy.layout.journalBytes, alignment: 4096)
        laid.reserveCapacity(64)
    }

    /// For the owner to call.
    func deallocate() { record.deallocate() }

    mutating func clear() {
        ring.initializeMemory(as: UInt8.self, repeating: 0)
        laid.removeAll(keepingCapacity: true)
        next = JournalEnd(position: 0, cut: 0)
        slot = StateSlot(sequence: 2, generation: FuzzLayout.generation, role: .consistent)
    }

    mutating func step(_ input: inout FuzzInput) {
        let code = input.byte()
        let breaks = Breaks(code)
        switch code & 7 {
        case 0, 1: appendCut(&input, breaks)
        case 2: change(&input, breaks) { record, input in record.edit(CutPlaces.all, &input) }
        case 3: change(&input, breaks, Self.editBody)
        case 4:
            next.position &+= UInt64(input.byte()) << 12
            input.tell("the next cut is laid at position \(hex(next.position))")
        case 5: editSlot(&input)
        case 6: movePages(&input)
        default: tear(&input)
        }
    }

    /// What is left unsealed.
    private struct Breaks {
        let header, body, changes: Bool
        init(_ code: UInt8) {
            header = code & 0x20 != 0
            body = code & 0x40 != 0
            changes = code & 0x80 != 0
        }

        var words: String {
            let broken = [header ? "header" : nil, body ? "body" : nil, changes ? "changes" : nil].compactMap { $0 }
            return broken.isEmpty ? "" : "; not sealed anew: " + broken.joined(separator: ", ")
        }
    }

    // MARK: Laying

    private mutating func appendCut(_ input: inout FuzzInput, _ breaks: Breaks) {
        var used = 0
        let count = input.number(below: 24)
        for _ in 0 ..< count {
            let table = copy.layout.tables[input.number(below: copy.layout.tables.count)]
            let length = (MemoryLayout<tandem_change>.size + table.payloadBytes + 15) & ~15
            guard CutPlaces.headerBytes + used + length + 4096 <= ring.count else { break }
            let place = CutPlaces.headerBytes + used
            record.store(UInt64(table.number), at: Place(place, 4))
            record.store(UInt64(input.number(below: table.capacity)), at: Place(place + 8, 8))
            record.store(next.cut + 1, at: Place(place + 16, 8))
            (record.baseAddress! + place + 24).initializeMemory(
                as: UInt8.self, repeating: input.byte(), count: length - 24)
            input.tell(
                """
                    record \(record.number(at: Place(place + 8, 8))) of table \(table.number) becomes bytes of \
                \(record[place + 24])
                """
            )
            used += length
        }
        let bytes = (CutPlaces.headerBytes + used + 4095) & ~4095
        (record.baseAddress! + CutPlaces.headerBytes + used).initializeMemory(
            as: UInt8.self, repeating: 0, count: bytes - used - CutPlaces.headerBytes)
        var header = tandem_cut()
        header.magic = 0x5455_435F_444E_4154
        header.generation = (slot.generation.high, slot.generation.low)
        header.cut = next.cut + 1
        header.previous = next.cut
        header.position = next.position
        header.bytes = UInt64(bytes)
        header.count = UInt64(count)
        header.used = UInt64(used)
        record.baseAddress!.copyMemory(from: &header, byteCount: CutPlaces.headerBytes)
        seal(bytes, breaks)
        input.tell(
            "cut \(next.cut + 1) with \(count) changes, \(bytes) bytes at position \(hex(next.position))\(breaks.words)"
        )
        store(next.position, bytes)
        laid.append(Laid(position: next.position, byteCount: bytes))
        next = JournalEnd(position: next.position &+ UInt64(bytes), cut: next.cut + 1)
    }

    /// Makes the checksums of the record in `record` true, but for those that are to be broken.
    private func seal(_ bytes: Int, _ breaks: Breaks) {
        let used = min(Int(clamping: record.number(at: CutPlaces.used)), bytes - CutPlaces.headerBytes)
        if !breaks.changes { sealChanges(upTo: CutPlaces.headerBytes + used) }
        if !breaks.body {
            record.store(
                UInt64(fuzzChecksum(UnsafeRawPointer(record.baseAddress! + CutPlaces.headerBytes), used)),
                at: CutPlaces.bodyChecksum)
        }
        if !breaks.header { record.sealStructure(at: 0, CutPlaces.headerBytes) }
    }

    private func sealChanges(upTo end: Int) {
        var offset = CutPlaces.headerBytes
        while offset + 24 <= end {
            let number = Int(record.number(at: Place(offset, 4)))
            let index = record.number(at: Place(offset + 8, 8))
            if number == 0xFFFF_FFFF, index > 0, index < UInt64(end - offset) {
                offset += Int(index)
                continue
            }
            guard number < copy.layout.tables.count else { return }
            let payload = copy.layout.tables[number].payloadBytes
            guard offset + 24 + payload <= end else { return }
            let seal = recordSeal(
                table: number, index: Int(truncatingIfNeeded: index),
                epochAndPayload: record.baseAddress! + offset + 16, payloadBytes: payload,
                by: fuzzChecksum)
            record.store(UInt64(seal), at: Place(offset + 4, 4))
            offset += (24 + payload + 15) & ~15
        }
    }

    // MARK: Changing

    /// Takes one of the records out of the ring, changes it, and puts it back.
    private func change(
        _ input: inout FuzzInput, _ breaks: Breaks, _ edit: (UnsafeMutableRawBufferPointer, inout FuzzInput) -> Void
    ) {
        guard !laid.isEmpty else { return }
        let chosen = laid[input.number(below: laid.count)]
        load(chosen.position, chosen.byteCount)
        input.tell("of the record at position \(hex(chosen.position))\(breaks.words):")
        edit(UnsafeMutableRawBufferPointer(rebasing: record[..<chosen.byteCount]), &input)
        seal(chosen.byteCount, breaks)
        store(chosen.position, chosen.byteCount)
    }

    private static func editBody(_ record: UnsafeMutableRawBufferPointer, _ input: inout FuzzInput) {
        let used = max(16, min(Int(clamping: record.number(at: CutPlaces.used)), record.count - CutPlaces.headerBytes))
        let place = Place(
            CutPlaces.headerBytes + input.number(below: min(used, 512) / 4) * 4, input.byte() & 1 == 0 ? 4 : 8)
        let before = record.number(at: place)
        record.store(input.value(near: before), at: place)
        input.tell(
            """
            byte \(place.offset - CutPlaces.headerBytes) of its body becomes \(hex(record.number(at: place))), was \
            \(hex(before))
            """
        )
    }

    private mutating func editSlot(_ input: inout FuzzInput) {
        switch input.byte() & 7 {
        case 0: slot.journalTail = input.value(near: slot.journalTail)
        case 1: slot.tailCut = input.value(near: slot.tailCut)
        case 2: slot.cut = input.value(near: slot.cut)
        case 3: slot.generation = Generation(high: input.value(near: 7), low: 7)
        // The whole journal somewhere else: what is laid from here on begins there.
        case 4:
            slot.journalTail = input.value(near: slot.journalTail)
            next.position = slot.journalTail
        case 5:
            slot.tailCut = input.value(near: slot.tailCut) & (1 << 55 - 1)
            next.cut = slot.tailCut
        default: slot.role = StateSlot.Role(rawValue: UInt32(input.byte() % 3) + 1)!
        }
        input.tell("the slot says \(slot)")
    }

    /// What an earlier lap has left, or a misdirected write.
    private func movePages(_ input: inout FuzzInput) {
        let pages = ring.count / 4096
        let from = input.number(below: pages), to = input.number(below: pages)
        input.tell("page \(from) of the ring is copied to page \(to)")
        (ring.baseAddress! + to * 4096).copyMemory(from: ring.baseAddress! + from * 4096, byteCount: 4096)
    }

    private func tear(_ input: inout FuzzInput) {
        let sectors = ring.count / 512
        let first = input.number(below: sectors)
        let count = min(input.number(below: 16), sectors - first)
        let filler = input.byte()
        input.tell("\(count) sectors of the ring from \(first) on become bytes of \(filler)")
        (ring.baseAddress! + first * 512).initializeMemory(as: UInt8.self, repeating: filler, count: count * 512)
    }

    // MARK: The ring

    private func load(_ position: UInt64, _ count: Int) {
        let start = Int(position % UInt64(ring.count))
        let first = min(count, ring.count - start)
        record.baseAddress!.copyMemory(from: ring.baseAddress! + start, byteCount: first)
        (record.baseAddress! + first).copyMemory(from: ring.baseAddress!, byteCount: count - first)
    }

    private func store(_ position: UInt64, _ count: Int) {
        let start = Int(position % UInt64(ring.count))
        let first = min(count, ring.count - start)
        (ring.baseAddress! + start).copyMemory(from: record.baseAddress!, byteCount: first)
        ring.baseAddress!.copyMemory(from: record.baseAddress! + first, byteCount: count - first)
    }
}
