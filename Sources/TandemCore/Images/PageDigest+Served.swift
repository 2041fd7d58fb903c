extension PageDigest {
    /// So many pages are read at once.
    private static let pagesAtOnce = 64

    /// Answers a read of a copy's digests, one for each page of the bitmaps, behind each other; `none` where the
    /// bitmaps have no page of a table.
    ///
    /// - Parameters:
    ///   - offset: where the read begins, in bytes from the first digest on; not below 0.
    ///   - read: fills its memory with the copy's bytes from an offset on.
    package static func serve<Failure: Error>(
        into destination: UnsafeMutableRawBufferPointer, at offset: Int, of layout: FileLayout, checksum: Checksum,
        read: (UnsafeMutableRawBufferPointer, Int) throws(Failure) -> Void
    ) throws(Failure) {
        let first = offset / byteCount
        let end = (offset + destination.count + byteCount - 1) / byteCount
        var digests = [UInt64](repeating: none, count: end - first)
        for table in layout.tables {
            let pages = (first ..< end).clamped(to: table.firstPage ..< table.firstPage + table.pageCount)
            for start in stride(from: pages.lowerBound, to: pages.upperBound, by: pagesAtOnce) {
                let run = start ..< min(start + pagesAtOnce, pages.upperBound)
                let room = UnsafeMutableRawBufferPointer.allocate(
                    byteCount: run.count * table.pageBytes, alignment: FileLayout.pageBytes)
                defer { room.deallocate() }
                try read(room, table.offset + (start - table.firstPage) * table.pageBytes)
                for page in run {
                    digests[page - first] =
                        ofSealed(
                            table, page: page - table.firstPage,
                            at: room.baseAddress! + (page - start) * table.pageBytes, checksum: checksum
                        ).littleEndian
                }
            }
        }
        digests.withUnsafeBytes { raw in
            let skipped = offset - first * byteCount
            destination.copyMemory(from: UnsafeRawBufferPointer(rebasing: raw[skipped ..< skipped + destination.count]))
        }
    }
}
