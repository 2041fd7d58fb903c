import TandemCore

extension FileLayout {
    /// Where a simulated server shows digests.
    var digestsOffset: Int { copyBytes + FileLayout.pageBytes }
}

extension SimulatedFile {
    /// The digests of pages, as whoever serves the file works them out.
    func digests(
        _ layout: FileLayout, into room: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(CopyFailure) {
        let first = (offset - layout.digestsOffset) / PageDigest.byteCount
        for place in 0 ..< room.count / PageDigest.byteCount {
            let digest = try digest(ofPage: first + place, layout)
            room.storeBytes(of: digest, toByteOffset: place * PageDigest.byteCount, as: UInt64.self)
        }
    }

    private func digest(ofPage page: Int, _ layout: FileLayout) throws(CopyFailure) -> UInt64 {
        guard let table = layout.tables.last(where: { $0.firstPage <= page }),
            page - table.firstPage < table.pageCount
        else { return PageDigest.none }
        let image = UnsafeMutableRawBufferPointer.allocate(byteCount: table.pageBytes, alignment: 16)
        defer { image.deallocate() }
        let own = page - table.firstPage
        try read(into: image, at: table.offset + own * table.pageBytes)
        return PageDigest.ofSealed(table, page: own, at: image.baseAddress!, checksum: simulationChecksum)
    }
}
