internal import CTandemLayout

/// One change of a cut, pointing into the cut's bytes.
package struct JournalChange {
    package let table: TableLayout
    package let index: Int
    package let epoch: UInt64
    package let seal: UInt32
    package let payload: UnsafeRawPointer

    /// Where the record's slot is, from the start of the file.
    var slotOffset: Int { table.offset + table.slotOffset(of: index, page: table.page(of: index)) }
}

/// The changes of one cut, in order.
package struct JournalChanges: Sequence, IteratorProtocol {
    private let body: UnsafeRawBufferPointer
    private let tables: [TableLayout]
    private var offset = 0
    /// An entry makes no sense, which behind a valid checksum makes it a forgery. Nothing follows it.
    package private(set) var isBroken = false

    init(_ body: UnsafeRawBufferPointer, tables: [TableLayout]) {
        self.body = body
        self.tables = tables
    }

    package mutating func next() -> JournalChange? {
        while !isBroken, offset + 16 <= body.count {
            let table = body.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
            let index = body.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)
            if table == UInt32(truncatingIfNeeded: TANDEM_CHANGE_PAD) {
                isBroken = index < 16 || index % 16 != 0 || index > UInt64(body.count - offset)
                if !isBroken { offset += Int(index) }
            } else {
                return change(Int(table), index)
            }
        }
        return nil
    }

    private mutating func change(_ number: Int, _ index: UInt64) -> JournalChange? {
        guard number < tables.count, index < UInt64(tables[number].capacity), let base = body.baseAddress else {
            isBroken = true
            return nil
        }
        let table = tables[number]
        let need = (MemoryLayout<tandem_change>.size + table.payloadBytes + 15) & ~15
        guard need <= body.count - offset else {
            isBroken = true
            return nil
        }
        defer { offset += need }
        return JournalChange(
            table: table, index: Int(index), epoch: body.loadUnaligned(fromByteOffset: offset + 16, as: UInt64.self),
            seal: body.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self),
            payload: base + offset + MemoryLayout<tandem_change>.size)
    }
}

extension JournalReader.Cut {
    package var changes: JournalChanges { JournalChanges(body, tables: layout.tables) }

    /// Whether every entry makes sense and carries its seal, and there are as many as the header says. Asked of the whole cut before the first of its changes is used: what
    /// contradicts itself ends the journal as what is not whole does.
    package func isSound(_ checksum: Checksum) -> Bool {
        var changes = changes
        var found = 0
        while let change = changes.next() {
            found += 1
            let sum = recordSeal(
                table: change.table.number, index: change.index, epochAndPayload: change.payload - 8,
                payloadBytes: change.table.payloadBytes, by: checksum)
            guard sum == change.seal else { return false }
        }
        return !changes.isBroken && found == count
    }
}
