import TandemCore

extension MemoryCopy {
    /// A record as somebody else has left it: whole, with its seal.
    func plant(_ value: UInt64, epoch: UInt64, at index: Int, of table: TableLayout) {
        let start = table.offset + table.slotOffset(of: index, page: table.page(of: index))
        bytes.withUnsafeMutableBytes { raw in
            let slot = raw.baseAddress! + start
            slot.storeBytes(of: epoch, toByteOffset: 8, as: UInt64.self)
            for word in 0 ..< table.payloadBytes / 8 {
                slot.storeBytes(of: value, toByteOffset: 16 + word * 8, as: UInt64.self)
            }
            let seal = recordSeal(
                table: table.number, index: index, epochAndPayload: slot + 8, payloadBytes: table.payloadBytes,
                by: testChecksum)
            slot.storeBytes(of: UInt64(seal) << 32, as: UInt64.self)
        }
    }
}
