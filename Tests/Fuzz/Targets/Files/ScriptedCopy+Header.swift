import TandemCore

/// The header of a copy whose journal an input has written, and what else of it an input changes.
extension ScriptedCopy {
    static let identity = Identity.encode(FuzzLayout.exchange, checksum: fuzzChecksum)
    private static let slotPlaces = StatePlaces.both(StateSlot.offsets[0], StateSlot.offsets[1])

    private static let recordPlaces = Places(all: [Place(0, 8), Place(8, 8), Place(16, 8)]) {
        "in the tables: " + fieldName([(0, "first record's header word"), (8, "its epoch"), (16, "its payload")], $0)
    }

    /// Identity and state slots, or zeros.
    func layOut(_ mode: UInt8, _ input: FuzzInput) {
        copy.header.initializeMemory(as: UInt8.self, repeating: 0)
        guard mode & 0x80 == 0 else { return input.tell("a header of zeros") }
        copy.header.copyBytes(from: Self.identity)
        let older = StateSlot(
            sequence: script.slot.sequence - 1, generation: script.slot.generation, role: .syncing)
        for slot in [script.slot, older] {
            slot.encode(into: copy.header.baseAddress! + slot.offset, checksum: fuzzChecksum)
        }
    }

    /// One edit of the file.
    func change(_ input: inout FuzzInput) {
        switch input.byte() & 7 {
        case 0 ... 2: copy.header.edit(IdentityPlaces.header, &input)
        case 3 ... 5: copy.header.edit(Self.slotPlaces, &input)
        case 6:
            copy.count = min(Int(clamping: input.value(near: UInt64(copy.count))), copy.layout.copyBytes + (1 << 24))
            input.tell("the file is \(copy.count) bytes long, \(copy.layout.copyBytes) are right")
        default: copy.tables.edit(Self.recordPlaces, &input)
        }
    }

    /// What was changed is sealed again, but for what the mode's bits leave.
    func seal(_ mode: UInt8, _ input: FuzzInput) {
        guard mode & 0x80 == 0 else { return }
        if mode & 0x10 == 0 { copy.header.sealIdentity() } else { input.tell("the header's checksum is left as it is") }
        for (bit, offset) in StateSlot.offsets.enumerated() where mode & (0x20 << bit) == 0 {
            copy.header.sealStructure(at: offset, StateSlot.byteCount)
        }
    }
}
