internal import CTandemLayout

/// A page as the copy holds it: every record as of one cut, sealed.
package enum PageImage {
    /// Reads page `page` (of the table, from 0) into `destination`, a whole page, yet without seals: those are made
    /// when the window is closed, as writers keep pre-images for as long as it is open. Any other outcome than a value
    /// says that the page has to be read again.
    static func read(
        _ view: TableView, page: Int, with reader: inout RecordReader, into destination: UnsafeMutableRawPointer
    ) -> RecordReader.Outcome {
        let table = view.layout
        let records = table.records(onPage: page)
        var slot = destination
        var isLater = false
        for index in records {
            let outcome = reader.read(table, index, view.record(index, page: page), into: slot + 16)
            guard case .value(let epoch, let later) = outcome else { return outcome }
            if later != .nothing { isLater = true }
            slot.storeBytes(of: epoch, toByteOffset: 8, as: UInt64.self)
            slot += table.slotBytes
        }
        let rest = table.pageBytes - (slot - destination)
        if rest > 0 { slot.initializeMemory(as: UInt8.self, repeating: 0, count: rest) }
        return .value(epoch: reader.cut, later: isLater ? .changed : .nothing)
    }

    /// Asks for the lines of a page.
    @inline(__always)
    static func prefetch(_ page: UnsafeRawPointer, byteCount: Int) {
        var place = page
        let end = page + byteCount
        while place < end {
            tandem_prefetch(place)
            tandem_prefetch(place + 64)
            tandem_prefetch(place + 128)
            tandem_prefetch(place + 192)
            place += 256
        }
    }

    /// Seals every record of a page that was read: the seal, and zeros behind the payload. Where it lies in a source
    /// that becomes a copy, too: word 0 is all that changes of a record, by one store.
    package static func seal(_ table: TableLayout, page: Int, at image: UnsafeMutableRawPointer, checksum: Checksum) {
        let padding = table.slotBytes - 16 - table.payloadBytes
        withSeals(table, page: page, at: image, checksum: checksum) { seals in
            var slot = image
            for seal in seals {
                slot.storeBytes(of: UInt64(seal) << 32, as: UInt64.self)
                if padding > 0 {
                    (slot + 16 + table.payloadBytes).initializeMemory(as: UInt8.self, repeating: 0, count: padding)
                }
                slot += table.slotBytes
            }
        }
    }

    /// Calls `body` with each record's slot on a page of a copy, and whether it carries the seal of its own contents.
    package static func forEachSlot(
        of table: TableLayout, onPage page: Int, at image: UnsafeRawPointer, checksum: Checksum,
        _ body: (_ index: Int, _ slot: UnsafeRawPointer, _ isSealed: Bool) -> Void
    ) {
        withSeals(table, page: page, at: image, checksum: checksum) { seals in
            for (place, index) in table.records(onPage: page).enumerated() {
                let slot = image + place * table.slotBytes
                body(index, slot, slot.load(as: UInt64.self) == UInt64(seals[place]) << 32)
            }
        }
    }

    /// The seals that the records of a page ought to carry, in order.
    private static func withSeals(
        _ table: TableLayout, page: Int, at image: UnsafeRawPointer, checksum: Checksum,
        _ body: (UnsafeMutableBufferPointer<UInt32>) -> Void
    ) {
        let records = table.records(onPage: page)
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: records.count) { seals in
            for place in 0 ..< records.count {
                seals[place] = recordSealSeed(table: table.number, index: records.lowerBound + place)
            }
            checksum.rows(image + 8, stride: table.slotBytes, byteCount: table.payloadBytes + 8, sums: seals)
            body(seals)
        }
    }

    /// Whether a slot of a copy carries the seal of its own contents.
    package static func isSealed(_ table: TableLayout, _ index: Int, at slot: UnsafeRawPointer, checksum: Checksum)
        -> Bool
    {
        let seal = recordSeal(
            table: table.number, index: index, epochAndPayload: slot + 8, payloadBytes: table.payloadBytes, by: checksum
        )
        return slot.load(as: UInt64.self) == UInt64(seal) << 32
    }
}
