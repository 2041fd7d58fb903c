/// The first bytes of a new copy.
package enum CopyFormatter {
    /// Identity and schema, then the slot in both places, so that the older of two never speaks of another life.
    package static func header(layout: FileLayout, slot: StateSlot, checksum: Checksum) -> [UInt8] {
        var header = Identity.encode(layout, checksum: checksum)
        header.append(contentsOf: [UInt8](repeating: 0, count: CopyExaminer.headerBytes - header.count))
        header.withUnsafeMutableBytes { raw in
            for sequence in [slot.sequence, slot.sequence &+ 1] {
                var slot = slot
                slot.sequence = sequence
                slot.encode(into: raw.baseAddress! + slot.offset, checksum: checksum)
            }
        }
        return header
    }
}
