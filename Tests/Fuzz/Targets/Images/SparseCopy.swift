import TandemCore

/// A copy without its runtime area, which nobody uses: header, tables and journal alone are kept, so that an input
/// costs microseconds. Counts what is read, and refuses every write that does not stay within the tables.
final class SparseCopy: CopyBytes {
    let layout: FileLayout
    let header: UnsafeMutableRawBufferPointer
    let tables: UnsafeMutableRawBufferPointer
    let journal: UnsafeMutableRawBufferPointer
    /// As long as the file says it is.
    var count: Int
    private(set) var bytesRead = 0
    private(set) var writes = 0
    /// The first thing that should not have been asked for.
    private(set) var finding: Finding?
    var isReadOnly = true
    private var isChanged = false

    init(_ layout: FileLayout) {
        self.layout = layout
        count = layout.copyBytes
        func region(_ bytes: Int) -> UnsafeMutableRawBufferPointer {
            let region = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes, alignment: 4096)
            region.initializeMemory(as: UInt8.self, repeating: 0)
            return region
        }
        header = region(CopyExaminer.headerBytes)
        tables = region(layout.tablesEnd - layout.tablesOffset)
        journal = region(layout.journalBytes)
    }

    deinit {
        header.deallocate()
        tables.deallocate()
        journal.deallocate()
    }

    func begin(count: Int? = nil) {
        self.count = count ?? layout.copyBytes
        bytesRead = 0
        writes = 0
        finding = nil
        isReadOnly = true
    }

    /// As a new file that has never been written.
    func clear() {
        begin()
        guard isChanged else { return }
        tables.initializeMemory(as: UInt8.self, repeating: 0)
        isChanged = false
    }

    func read(into destination: UnsafeMutableRawBufferPointer, at offset: Int) throws(CopyFailure) {
        guard offset >= 0, offset <= count, destination.count <= count - offset else {
            throw wrong("a read of \(destination.count) bytes at \(offset) of \(count)")
        }
        bytesRead += destination.count
        var done = 0
        while done < destination.count {
            let (source, length) = part(at: offset + done, most: destination.count - done)
            let piece = UnsafeMutableRawBufferPointer(rebasing: destination[done ..< done + length])
            if let source {
                piece.copyMemory(from: UnsafeRawBufferPointer(start: source, count: length))
            } else {
                piece.initializeMemory(as: UInt8.self, repeating: 0)
            }
            done += length
        }
    }

    func write(_ source: UnsafeRawBufferPointer, at offset: Int) throws(CopyFailure) {
        guard !isReadOnly else {
            throw wrong("a write of \(source.count) bytes at \(offset) by something that only looks")
        }
        guard isSlot(offset, source.count) else {
            throw wrong("a write of \(source.count) bytes at \(offset), where no record is")
        }
        writes += 1
        isChanged = true
        UnsafeMutableRawBufferPointer(rebasing: tables[(offset - layout.tablesOffset)...]).copyMemory(from: source)
    }

    /// What a driver writes, where it may.
    func put(_ source: UnsafeRawBufferPointer, at offset: Int) {
        for (start, region) in [(0, header), (layout.tablesOffset, tables), (layout.journalOffset, journal)]
        where offset >= start && offset + source.count <= start + region.count {
            (region.baseAddress! + (offset - start)).copyMemory(from: source.baseAddress!, byteCount: source.count)
        }
    }

    private func wrong(_ what: String) -> CopyFailure {
        if finding == nil { finding = Finding(what) }
        return CopyFailure(.inputOutput, errno: 5)
    }

    /// Memory for what is kept at `offset`, nil for zeros, and how far it reaches.
    private func part(at offset: Int, most: Int) -> (UnsafeRawPointer?, Int) {
        for (start, region) in [(0, header), (layout.tablesOffset, tables), (layout.journalOffset, journal)] {
            if offset < start { return (nil, min(most, start - offset)) }
            if offset < start + region.count {
                return (
                    UnsafeRawPointer(region.baseAddress! + (offset - start)), min(most, start + region.count - offset)
                )
            }
        }
        return (nil, most)
    }

    /// Whether these bytes are one whole record slot.
    private func isSlot(_ offset: Int, _ count: Int) -> Bool {
        guard let table = layout.tables.last(where: { $0.offset <= offset }), count == table.slotBytes else {
            return false
        }
        let (page, place) = (offset - table.offset).quotientAndRemainder(dividingBy: table.pageBytes)
        return place % table.slotBytes == 0 && page * table.recordsPerPage + place / table.slotBytes < table.capacity
            && place / table.slotBytes < table.recordsPerPage
    }
}
