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

/// Changes begin at multiples of this.
private let changeAlignment = 16

extension TableLayout {
    /// What one change of it takes in a cut.
    var changeBytes: Int {
        (ChangeOffset.payload + payloadBytes + changeAlignment - 1) / changeAlignment * changeAlignment
    }
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
        while !isBroken, offset + changeAlignment <= body.count {
            let table = body.loadUnaligned(fromByteOffset: offset + ChangeOffset.table, as: UInt32.self)
            let index = body.loadUnaligned(fromByteOffset: offset + ChangeOffset.index, as: UInt64.self)
            if table == UInt32(truncatingIfNeeded: TANDEM_CHANGE_PAD) {
                isBroken =
                    index < changeAlignment || index % UInt64(changeAlignment) != 0
                    || index > UInt64(body.count - offset)
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
        let need = table.changeBytes
        guard need <= body.count - offset else {
            isBroken = true
            return nil
        }
        defer { offset += need }
        return JournalChange(
            table: table, index: Int(index),
            epoch: body.loadUnaligned(fromByteOffset: offset + ChangeOffset.epoch, as: UInt64.self),
            seal: body.loadUnaligned(fromByteOffset: offset + ChangeOffset.seal, as: UInt32.self),
            payload: base + offset + ChangeOffset.payload)
    }
}

extension JournalReader.Cut {
    package var changes: JournalChanges { JournalChanges(body, tables: layout.tables) }

    /// Whether every entry makes sense and carries its seal, and there are as many as the header says. Asked of the
    /// whole cut before the first of its changes is used: what contradicts itself ends the journal as what is not whole
    /// does.
    package func isSound(_ checksum: Checksum) -> Bool {
        var changes = changes
        var found = 0
        return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: recordSealRunMax) { seals in
            var run = SealRun(seals: seals, checksum: checksum)
            while let change = changes.next() {
                found += 1
                if run.takes(change) { continue }
                guard run.isSealed else { return false }
                run.begin(with: change)
            }
            return run.isSealed && !changes.isBroken && found == count
        }
    }
}

/// Changes of one table that lie behind each other: their seals are made together.
private struct SealRun {
    let seals: UnsafeMutableBufferPointer<UInt32>
    let checksum: Checksum
    private var first: JournalChange?
    private var count = 0

    init(seals: UnsafeMutableBufferPointer<UInt32>, checksum: Checksum) {
        self.seals = seals
        self.checksum = checksum
    }

    mutating func begin(with change: JournalChange) {
        first = change
        count = 0
        add(change)
    }

    /// False when the change belongs to another run.
    mutating func takes(_ change: JournalChange) -> Bool {
        guard let first, count < seals.count, change.table.number == first.table.number,
            change.payload == first.payload + count * first.table.changeBytes
        else { return false }
        add(change)
        return true
    }

    /// Whether each change of the run carries its seal.
    var isSealed: Bool {
        guard let first else { return true }
        let (table, stride) = (first.table, first.table.changeBytes)
        let made = UnsafeMutableBufferPointer(rebasing: seals[..<count])
        let sealed = ChangeOffset.payload - ChangeOffset.epoch
        checksum.rows(first.payload - sealed, stride: stride, byteCount: table.payloadBytes + sealed, sums: made)
        let carried = first.payload - ChangeOffset.payload + ChangeOffset.seal
        for place in 0 ..< count
        where carried.loadUnaligned(fromByteOffset: place * stride, as: UInt32.self) != made[place] { return false }
        return true
    }

    private mutating func add(_ change: JournalChange) {
        seals[count] = recordSealSeed(table: change.table.number, index: change.index)
        count += 1
    }
}
