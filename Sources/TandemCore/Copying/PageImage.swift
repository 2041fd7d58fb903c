/// A page as the copy holds it: every record as of one cut, sealed.
package enum PageImage {
    /// Reads page `page` (of the table, from 0) into `destination`, a whole page, yet without seals: those are made when
    /// the window is closed, as writers keep pre-images for as long as it is open. Any other outcome than a value says that
    /// the page has to be read again.
    static func read(
        _ view: TableView, page: Int, with reader: inout RecordReader, into destination: UnsafeMutableRawPointer
    ) -> RecordReader.Outcome {
        let table = view.layout
        let records = table.records(onPage: page)
        var slot = destination
        var later = false
        for index in records {
            let outcome = reader.read(table, index, view.record(index, page: page), into: slot + 16)
            guard case .value(let epoch, let isLater) = outcome else { return outcome }
            later = later || isLater
            slot.storeBytes(of: epoch, toByteOffset: 8, as: UInt64.self)
            slot += table.slotBytes
        }
        let rest = table.pageBytes - (slot - destination)
        if rest > 0 { slot.initializeMemory(as: UInt8.self, repeating: 0, count: rest) }
        return .value(epoch: reader.cut, later: later)
    }

    /// Seals every record of a page that was read.
    static func seal(_ table: TableLayout, page: Int, at image: UnsafeMutableRawPointer, checksum: Checksum) {
        var slot = image
        for index in table.records(onPage: page) {
            write(table, index, epoch: slot.load(fromByteOffset: 8, as: UInt64.self), at: slot, checksum: checksum)
            slot += table.slotBytes
        }
    }

    /// Completes a slot whose payload is in place: epoch, seal, and zeros behind the payload.
    @inline(__always)
    static func write(
        _ table: TableLayout, _ index: Int, epoch: UInt64, at slot: UnsafeMutableRawPointer, checksum: Checksum
    ) {
        slot.storeBytes(of: epoch, toByteOffset: 8, as: UInt64.self)
        let padding = table.slotBytes - 16 - table.payloadBytes
        if padding > 0 {
            (slot + 16 + table.payloadBytes).initializeMemory(as: UInt8.self, repeating: 0, count: padding)
        }
        let seal = recordSeal(
            table: table.number, index: index, epochAndPayload: slot + 8, payloadBytes: table.payloadBytes, by: checksum
        )
        slot.storeBytes(of: UInt64(seal) << 32, as: UInt64.self)
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
