import TandemCore
import Testing

@Suite("PageBitmap: one bit a page, one writer")
struct PageBitmapTests {
    private let words = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: 4)
    private let bitmap: PageBitmap

    init() {
        words.initialize(repeating: 0)
        bitmap = PageBitmap(bits: UnsafeMutableRawPointer(words.baseAddress!), wordCount: 4)
    }

    @Test("A page is in it from insert to remove, and its neighbours are not", arguments: [0, 1, 63, 64, 127, 255])
    func insert(page: Int) {
        defer { words.deallocate() }
        #expect(bitmap.isEmpty)
        bitmap.insert(page)
        #expect((0 ..< 256).filter { bitmap.contains($0) } == [page])
        #expect(bitmap.count == 1 && !bitmap.isEmpty)
        bitmap.insert(page)
        #expect(bitmap.count == 1)
        bitmap.remove(page)
        #expect(bitmap.isEmpty)
    }

    @Test("Bits of a word are set and cleared by a mask, and the others stay")
    func masks() {
        defer { words.deallocate() }
        bitmap.store(word: 2, 0b1010)
        bitmap.set(word: 2, 0b0110)
        #expect(bitmap.load(word: 2) == 0b1110)
        bitmap.clear(word: 2, 0b0011)
        #expect(bitmap.load(word: 2) == 0b1100)
        bitmap.removeAll()
        #expect(bitmap.isEmpty && bitmap.count == 0)
    }

    @Test(
        "The first page of a range is found, over words and at both borders",
        arguments: [
            (0 ..< 256, 5), (5 ..< 6, 5), (6 ..< 64, nil), (6 ..< 65, 64), (64 ..< 256, 64), (65 ..< 200, nil),
            (65 ..< 201, 200), (201 ..< 255, nil), (201 ..< 256, 255), (255 ..< 255, nil),
        ] as [(Range<Int>, Int?)])
    func first(in range: Range<Int>, _ expected: Int?) {
        defer { words.deallocate() }
        for page in [5, 64, 200, 255] { bitmap.insert(page) }
        #expect(bitmap.first(in: range) == expected)
    }

    @Test("All pages of the tables are inserted, and the padding between them stays clear")
    func everything() {
        defer { words.deallocate() }
        // 125 pages of calls, padded to 128; one page of trunks, padded to 64.
        let source = TestSource()
        let owed = source.area.owed
        owed.insertAll(of: source.layout)
        #expect((0 ..< 192).filter { owed.contains($0) } == Array(0 ..< 125) + [128])
    }
}
