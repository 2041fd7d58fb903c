internal import TandemCore
internal import TandemSystem

/// Seals the records of a table where they lie, as their images would hold them.
///
/// Word 0 of a record is all that changes, by one store. So whoever has the file mapped and reads meets the record
/// unlocked, with its bytes as they were, before it and after it. Half-done changes of a writer that died are sealed as
/// they are: their pages differ from the new source's, and are replaced.
struct SealMaker {
    let bytes: FileBytes

    /// What is read stays in the second cache until it is written.
    private static let pieceBytes = 256 << 10

    func seal(_ table: TableLayout) throws(CopyFailure) {
        _ = try table.inStretches(usesAllProcessors: true) { pages throws(CopyFailure) in
            try seal(table, pages)
        }
    }

    private func seal(_ table: TableLayout, _ pages: Range<Int>) throws(CopyFailure) {
        if let memory = bytes.memory, table.offset + pages.upperBound * table.pageBytes <= memory.count {
            return try bytes.guarded { Self.seal(table, pages, at: memory.baseAddress! + table.offset) }
        }
        let pagesPerPiece = max(1, Self.pieceBytes / table.pageBytes)
        var piece = [UInt8](repeating: 0, count: pagesPerPiece * table.pageBytes)
        for first in stride(from: pages.lowerBound, to: pages.upperBound, by: pagesPerPiece) {
            let range = first ..< min(first + pagesPerPiece, pages.upperBound)
            let offset = table.offset + first * table.pageBytes
            try piece.withMutableBytes { raw throws(CopyFailure) in
                let part = UnsafeMutableRawBufferPointer(rebasing: raw[..<(range.count * table.pageBytes)])
                try bytes.read(into: part, at: offset)
                Self.seal(table, range, at: part.baseAddress! - first * table.pageBytes)
                try bytes.write(UnsafeRawBufferPointer(part), at: offset)
            }
        }
    }

    /// - Parameter start: where page 0 of the table lies, or would.
    private static func seal(_ table: TableLayout, _ pages: Range<Int>, at start: UnsafeMutableRawPointer) {
        for page in pages {
            PageImage.seal(table, page: page, at: start + page * table.pageBytes, checksum: LinuxChecksum.crc32c)
        }
    }
}
