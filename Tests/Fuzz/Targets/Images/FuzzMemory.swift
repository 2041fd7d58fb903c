import TandemCore

/// A source in plain memory, put back as it was before each input. What lies between the parts that are in use is
/// poisoned: an access that leaves its part is found although it stays within the source.
final class FuzzMemory {
    let layout = FuzzLayout.exchange
    let base: UnsafeMutableRawPointer
    let memory: SourceMemory
    let area: RuntimeArea
    let tables: [TableView]
    /// The bytes in use.
    let parts: [Range<Int>]

    init() {
        base = .allocate(byteCount: layout.copyBytes, alignment: 4096)
        base.initializeMemory(as: UInt8.self, repeating: 0, count: layout.copyBytes)
        memory = SourceMemory(base: base, layout: layout)
        area = RuntimeArea(memory: memory, layout: layout)
        let (layout, memory) = (layout, memory)
        tables = layout.tables.map { TableView(layout: $0, memory: memory) }
        parts = Self.parts(of: layout)
        let state = StateSlot(sequence: 0, generation: FuzzLayout.generation, role: .source)
        let header = CopyFormatter.header(layout: layout, slot: state, checksum: fuzzChecksum)
        header.withUnsafeBytes { base.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        area.initialize(afterCut: 0)
        Poison.put(between: parts, of: base, until: layout.copyBytes)
    }

    /// Puts everything back as `image` has it.
    func restore(_ image: [UInt8]) {
        image.withUnsafeBytes { raw in
            var place = 0
            for part in parts {
                (base + part.lowerBound).copyMemory(from: raw.baseAddress! + place, byteCount: part.count)
                place += part.count
            }
        }
    }

    func image() -> [UInt8] { parts.flatMap { UnsafeRawBufferPointer(start: base + $0.lowerBound, count: $0.count) } }

    /// Where byte `number` of those in use stands.
    func offset(ofByte number: Int) -> Int {
        var rest = number
        for part in parts {
            if rest < part.count { return part.lowerBound + rest }
            rest -= part.count
        }
        return parts[0].lowerBound
    }

    /// What of a source with these tables is in use, while one copy is kept of it.
    static func parts(of layout: FileLayout) -> [Range<Int>] {
        let runtime = layout.runtime
        let words = runtime.wordCount * 8
        var parts = [
            0 ..< Identity.byteCount, 8192 ..< 8192 + 512, 12288 ..< 12288 + 512,
            runtime.control ..< runtime.control + 512,
            runtime.copies[0].replicator ..< runtime.copies[0].replicator + 1952,
            runtime.copies[0].descriptors ..< runtime.copies[0].descriptors + 62 * 8,
        ]
        for bitmap in [
            runtime.dirty, runtime.dirtySummary, runtime.copies[0].taken, runtime.copies[0].owed,
            runtime.copies[0].missed,
        ] {
            parts.append(bitmap ..< bitmap + (bitmap == runtime.dirtySummary ? runtime.summaryCount * 8 : words))
        }
        parts.append(runtime.changes ..< runtime.changes + layout.pageCount * ChangeMap.bytesPerPage)
        parts.append(runtime.writers ..< runtime.writers + layout.writerCount * WriterOffset.stride)
        parts.append(runtime.segmentWords ..< runtime.segmentWords + layout.undoSegments * 8)
        parts.append(runtime.segments ..< runtime.segments + layout.undoBytes)
        for table in layout.tables {
            for page in 0 ..< table.pageCount {
                let start = table.offset + page * table.pageBytes
                parts.append(start ..< start + table.records(onPage: page).count * table.slotBytes)
            }
        }
        return parts
    }
}

/// Memory that nobody may touch. Nothing without AddressSanitizer.
enum Poison {
    static func put(_ start: UnsafeMutableRawPointer, _ count: Int) {
        #if TANDEM_FUZZ
            poisonRegion(start, count)
        #endif
    }

    /// What lies between parts that are in use, in whatever order they are named, and behind the last one.
    static func put(between parts: [Range<Int>], of base: UnsafeMutableRawPointer, until end: Int) {
        let parts = parts.sorted { $0.lowerBound < $1.lowerBound }
        for (part, next) in zip(parts, parts.dropFirst() + [end ..< end]) where part.upperBound < next.lowerBound {
            put(base + part.upperBound, next.lowerBound - part.upperBound)
        }
    }
}

#if TANDEM_FUZZ
    @_silgen_name("__asan_poison_memory_region")
    private func poisonRegion(_ start: UnsafeMutableRawPointer, _ count: Int)
#endif
