@testable import TandemCore
import Testing

@Suite("DirtyBitmap: marked by writers, taken by the engine")
struct DirtyBitmapTests {
    /// 65 words of bits, more than one word of the summary covers.
    private static let wordCount = 65
    private static let byteCount = 4096 + wordCount * 64 * ChangeMap.bytesPerPage
    private let memory = UnsafeMutableRawPointer.allocate(byteCount: Self.byteCount, alignment: 4096)
    private let dirty: DirtyBitmap
    private let taken: PageBitmap

    init() {
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: Self.byteCount)
        dirty = DirtyBitmap(bits: memory, summary: memory + 1024, changes: ChangeMap(bytes: memory + 4096))
        taken = PageBitmap(bits: memory + 2048, wordCount: Self.wordCount)
    }

    private func take(below limit: Int) -> [Int] {
        var words: [PageWord] = []
        dirty.take(below: limit, wordCount: Self.wordCount, into: taken, pages: &words)
        return words.flatMap { word in (0 ..< 64).filter { word.bits >> $0 & 1 != 0 }.map { word.index * 64 + $0 } }
    }

    @Test("A mark is one bit, and one of the summary", arguments: [0, 63, 64, 4095, 4096, 4159])
    func mark(page: Int) {
        defer { memory.deallocate() }
        dirty.mark(page)
        dirty.mark(page)
        #expect(dirty.isMarked(page) && dirty.count(wordCount: Self.wordCount) == 1)
        #expect(dirty.summaryWord(page / 4096).load() == 1 << UInt64(page / 64 % 64))
        #expect(dirty.mayBeDirty(summaryCount: 2))
    }

    @Test("A mark sets the summary even where the bit is set already")
    func summary() {
        defer { memory.deallocate() }
        dirty.setWithoutSummary(70)
        #expect(!dirty.mayBeDirty(summaryCount: 2))
        dirty.mark(70)
        #expect(take(below: 4160) == [70])
    }

    @Test(
        "What is taken lies below the limit; the rest stays marked and is found by the next take",
        arguments: [0, 1, 5, 6, 64, 100, 101, 4096, 4100, 4101, 4160])
    func take(limit: Int) {
        defer { memory.deallocate() }
        let pages = [0, 5, 63, 64, 100, 4095, 4096, 4100, 4159]
        for page in pages { dirty.mark(page) }
        let first = pages.filter { $0 < limit }
        #expect(take(below: limit) == first)
        #expect(pages.filter { taken.contains($0) } == first && taken.count == first.count)
        #expect(pages.filter { dirty.isMarked($0) } == pages.filter { $0 >= limit })
        #expect(take(below: 4160) == pages.filter { $0 >= limit })
        #expect(!dirty.mayBeDirty(summaryCount: 2))
    }

    @Test("What is restored is taken again")
    func restore() {
        defer { memory.deallocate() }
        dirty.restore(PageWord(index: 64, bits: 0b101))
        #expect(take(below: 4160) == [4096, 4098])
    }

    @Test("Of what is restored every record is named, whatever was named before, and of its neighbours none")
    func restoreNames() {
        defer { memory.deallocate() }
        dirty.mark(4096, slotOffset: 512)
        _ = dirty.changes.take(4096)
        dirty.restore(PageWord(index: 64, bits: 0b101))
        dirty.changes.note(4096, slotOffset: 512)
        for page in [4096, 4098] { #expect(dirty.changes.isWhole(page)) }
        #expect(!dirty.changes.isWhole(4097) && !dirty.changes.isWhole(4095))
    }

    @Test("A summary that a killed engine had cleared is made anew from the bits")
    func rebuild() {
        defer { memory.deallocate() }
        for page in [3, 4100] { dirty.setWithoutSummary(page) }
        #expect(take(below: 4160) == [])
        dirty.rebuildSummary(wordCount: Self.wordCount)
        #expect(take(below: 4160) == [3, 4100])
    }

    @Test("A summary bit beyond the last word, which somebody scribbled, is passed over")
    func scribbled() {
        defer { memory.deallocate() }
        (memory + Self.wordCount * 8).storeBytes(of: .max, as: UInt64.self)
        dirty.summaryWord(1).store(.max)
        dirty.mark(4096)
        #expect(take(below: 4160) == [4096])
        #expect(!dirty.mayBeDirty(summaryCount: 2), "else the engine would never rest")
    }

    @Test(
        "Pages below a limit are counted to the page", arguments: [(0, 0), (5, 0), (6, 1), (64, 1), (65, 2), (4160, 3)])
    func count(below limit: Int, _ expected: Int) {
        defer { memory.deallocate() }
        for page in [5, 64, 4100] { dirty.mark(page) }
        #expect(dirty.count(below: limit) == expected)
    }
}
