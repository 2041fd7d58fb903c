import TandemCore

extension MemoryCopy {
    /// The digests of pages from `first` on, as whoever serves the copy works them out.
    func digests(_ layout: FileLayout, into room: UnsafeMutableRawBufferPointer, from first: Int) {
        bytes.withUnsafeBytes { raw in
            for place in 0 ..< room.count / PageDigest.byteCount {
                guard let table = layout.tables.last(where: { $0.firstPage <= first + place }),
                    first + place - table.firstPage < table.pageCount
                else { continue }
                let page = first + place - table.firstPage
                let digest = PageDigest.ofSealed(
                    table, page: page, at: raw.baseAddress! + table.offset + page * table.pageBytes,
                    checksum: testChecksum)
                room.storeBytes(of: digest, toByteOffset: place * PageDigest.byteCount, as: UInt64.self)
            }
        }
    }

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
