import TandemCore

/// What the engine may ask for.
extension HostileDriver {
    func admit(_ command: CopyCommand) throws(Finding) {
        switch command.operation {
        case .write(let address, let count, let offset):
            try expect(state.isOpen, "a write to a copy that is not open")
            let bytes = UnsafeRawBufferPointer(start: address, count: count)
            if offset >= layout.tablesEnd {
                try expect(isWithin(bytes, staging.journal), "a cut is written from somewhere else")
                try expect(
                    count > 0 && offset + count <= layout.journalOffset + layout.journalBytes,
                    "a write of \(count) bytes at \(offset), behind the journal")
            } else if offset >= layout.tablesOffset {
                try expect(isWithin(bytes, staging.images), "an image is written from somewhere else")
                try admitImage(bytes, offset)
            } else {
                try expect(isWithin(bytes, staging.state), "a state slot is written from somewhere else")
                try admitSlot(bytes, offset)
            }
        case .probe:
            try expect(
                !state.held.contains { $0.command.concernsCopy }, "a copy is opened while commands to it are under way")
        case .reviveWriter(let writer):
            try expect((0 ..< layout.writerCount).contains(writer), "writer \(writer) is to be revived")
        case .publishRebuild: try expect(state.hasBeside, "nothing was made beside the copy")
        case .format(let slot, _):
            try expect(
                slot.role == .syncing && slot.generation == FuzzLayout.generation, "a copy is laid out as \(slot)")
        case .replay(let slot, _, _):
            try expect(slot.journalTail <= UInt64.max - UInt64(layout.journalBytes), "a replay from \(slot)")
        case .read(let address, let count, let offset), .readOnce(let address, let count, let offset):
            try expect(state.isOpen, "a read of a copy that is not open")
            let room = UnsafeRawBufferPointer(start: address, count: count)
            try expect(isWithin(room, staging.state) || isWithin(room, staging.images), "a read to elsewhere")
            try expect(offset >= 0 && offset + count <= layout.copyBytes, "a read of \(count) bytes at \(offset)")
        case .flush, .watch, .close, .inquire: break
        }
    }

    private func isWithin(_ bytes: UnsafeRawBufferPointer, _ region: UnsafeMutableRawBufferPointer) -> Bool {
        bytes.baseAddress! >= UnsafeRawPointer(region.baseAddress!)
            && bytes.baseAddress! + bytes.count <= UnsafeRawPointer(region.baseAddress! + region.count)
    }

    /// Whole pages of one table, every record of them sealed and no newer than any cut can be.
    private func admitImage(_ bytes: UnsafeRawBufferPointer, _ offset: Int) throws(Finding) {
        guard let table = layout.tables.last(where: { $0.offset <= offset }),
            (offset - table.offset) % table.pageBytes == 0,
            bytes.count % table.pageBytes == 0,
            bytes.count > 0, offset + bytes.count <= table.offset + table.byteCount
        else { throw Finding("a write of \(bytes.count) bytes at \(offset), which are no pages of a table") }
        let first = (offset - table.offset) / table.pageBytes
        for page in 0 ..< bytes.count / table.pageBytes {
            for (place, index) in table.records(onPage: first + page).enumerated() {
                let slot = bytes.baseAddress! + page * table.pageBytes + place * table.slotBytes
                try expect(
                    PageImage.isSealed(table, index, at: slot, checksum: fuzzChecksum),
                    "record \(index) of table \(table.number) is not sealed")
                try expect(
                    slot.load(fromByteOffset: 8, as: UInt64.self) < 1 << 55,
                    "record \(index) of table \(table.number) has an impossible epoch")
            }
        }
    }

    private func admitSlot(_ bytes: UnsafeRawBufferPointer, _ offset: Int) throws(Finding) {
        try expect(
            StateSlot.offsets.contains(offset) && bytes.count == 4096,
            "a write of \(bytes.count) bytes at \(offset), where no state slot is")
        guard let slot = StateSlot.decode(bytes.baseAddress!, checksum: fuzzChecksum) else {
            throw Finding("a state slot is written that nobody could read")
        }
        try expect(
            slot.offset == offset && slot.role != .source && slot.generation == FuzzLayout.generation,
            "a wrong state slot: \(slot)")
        // The word from which they are counted may be scribbled over: farther on then, and never back.
        try expect(
            slot.sequence > state.sequence && slot.sequence <= StateSlot.cutMax,
            "state slot \(slot.sequence) behind \(state.sequence)")
        state.sequence = slot.sequence
    }
}

extension CopyCommand {
    fileprivate var concernsCopy: Bool {
        if case .reviveWriter = operation { return false }
        return true
    }
}
