import TandemCore
import TandemSystem
import TandemTypes

/// Digests of the copy's pages, worked out where its bytes are: what a page holds goes over the network as 8 bytes.
extension Standby {
    /// The most that one request may ask for: 32 MiB of pages are read for it, while no session can be opened.
    static let digestBytesMax = 64 << 10
    /// So many pages are read at once.
    private static let pagesAtOnce = 64

    /// - Parameter offset: from the first page's digest on; anything may be asked for.
    func readDigests(
        _ connection: StandbyConnection, into destination: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(RequestFailure) {
        guard destination.count <= Self.digestBytesMax else { throw .outside }
        let first = offset / PageDigest.byteCount
        let end = (offset + destination.count + PageDigest.byteCount - 1) / PageDigest.byteCount
        var digests = [UInt64](repeating: PageDigest.none, count: end - first)
        try perform(connection) { file throws(RequestFailure) in
            for table in try layout(of: file).tables {
                let pages = (first ..< end).clamped(to: table.firstPage ..< table.firstPage + table.pageCount)
                for start in stride(from: pages.lowerBound, to: pages.upperBound, by: Self.pagesAtOnce) {
                    let run = start ..< min(start + Self.pagesAtOnce, pages.upperBound)
                    let found = try self.digests(of: run, table, file)
                    digests.replaceSubrange(run.lowerBound - first ..< run.upperBound - first, with: found)
                }
            }
        }
        digests.withUnsafeBytes { raw in
            let skipped = offset - first * PageDigest.byteCount
            destination.copyMemory(from: UnsafeRawBufferPointer(rebasing: raw[skipped ..< skipped + destination.count]))
        }
    }

    private func digests(
        of pages: Range<Int>, _ table: TableLayout, _ file: StandbyFile
    ) throws(RequestFailure) -> [UInt64] {
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: pages.count * table.pageBytes, alignment: 4096)
        defer { room.deallocate() }
        let first = pages.lowerBound - table.firstPage
        try io { () throws(KernelFailure) in try file.read(into: room, at: table.offset + first * table.pageBytes) }
        return pages.indices.map { page in
            let place = page - pages.lowerBound
            return PageDigest.ofSealed(
                table, page: first + place, at: room.baseAddress! + place * table.pageBytes,
                checksum: LinuxChecksum.crc32c
            ).littleEndian
        }
    }

    /// What the copy says of itself; nothing can be said of the pages of what is none.
    private func layout(of file: StandbyFile) throws(RequestFailure) -> FileLayout {
        var header = [UInt8](repeating: 0, count: CopyExaminer.headerBytes)
        try header.withMutableBytes { raw throws(RequestFailure) in
            try io { () throws(KernelFailure) in try file.read(into: raw, at: 0) }
        }
        let found = try? header.withBytes { raw throws(TandemError) in
            try Identity.decode(raw, path: path, checksum: LinuxChecksum.crc32c)
        }
        guard let found, found.tablesEnd <= file.byteCount else { throw .outside }
        return found
    }
}
