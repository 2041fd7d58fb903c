extension PageDigest {
    /// Looked at together; read, it stays in the second cache until it has been. Taken once for a request: memory
    /// that is fresh for each read costs more, in page faults, than the reading.
    private static let roomBytes = 128 << 10

    /// Answers a read of a copy's digests, one for each page of the bitmaps, behind each other; `none` where the
    /// bitmaps have no page of a table.
    ///
    /// - Parameters:
    ///   - offset: where the read begins, in bytes from the first digest on; not below 0.
    ///   - look: shows what it is handed the copy's bytes from an offset on: in the room that is lent for them, as many
    ///     as it has, or where they are.
    package static func serve<Failure: Error>(
        into destination: UnsafeMutableRawBufferPointer, at offset: Int, of layout: FileLayout, checksum: Checksum,
        look: (_ room: UnsafeMutableRawBufferPointer, _ offset: Int, (UnsafeRawPointer) -> Void) throws(Failure) -> Void
    ) throws(Failure) {
        let first = offset / byteCount
        let end = (offset + destination.count + byteCount - 1) / byteCount
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: roomBytes, alignment: FileLayout.pageBytes)
        defer { room.deallocate() }
        var digests = [UInt64](repeating: none, count: end - first)
        for table in layout.tables {
            let pages = (first ..< end).clamped(to: table.firstPage ..< table.firstPage + table.pageCount)
            let pagesAtOnce = roomBytes / table.pageBytes
            for start in stride(from: pages.lowerBound, to: pages.upperBound, by: pagesAtOnce) {
                let run = start ..< min(start + pagesAtOnce, pages.upperBound)
                let part = UnsafeMutableRawBufferPointer(rebasing: room[..<(run.count * table.pageBytes)])
                try look(part, table.offset + (start - table.firstPage) * table.pageBytes) { bytes in
                    for page in run {
                        digests[page - first] =
                            ofSealed(
                                table, page: page - table.firstPage, at: bytes + (page - start) * table.pageBytes,
                                checksum: checksum
                            ).littleEndian
                    }
                }
            }
        }
        digests.withUnsafeBytes { raw in
            let skipped = offset - first * byteCount
            destination.copyMemory(from: UnsafeRawBufferPointer(rebasing: raw[skipped ..< skipped + destination.count]))
        }
    }
}
