import Glibc
import Tandem
import TandemCore
import TandemTables

/// A record of the keyed target: says its key as well, so that another's content shows.
struct KeyedCall: BitwiseCopyable, Equatable {
    var key: UInt64
    var value: UInt64
    var sum: UInt64

    init(_ key: Int, _ value: UInt64) { (self.key, self.value, sum) = (UInt64(key), value, UInt64(key) ^ value) }
}

/// A source with a small keyed table beside an ordinary one, put back as it was before each input. What lies between
/// its records is poisoned.
final class KeyedHall {
    typealias Table = KeyedTable<[UInt8], KeyedCall>

    static let capacity = 40
    static let keyBytesMax = 20
    static let partitions = 4
    static let name = "calls"

    /// Where inputs begin: the bytes, and what they hold.
    struct Start {
        let name: String
        let image: [UInt8]
        let model: KeyedModel
    }

    let source: SourceDataFile
    /// As it was first opened; an input may open it again.
    private(set) var table: Table
    let keys: [[UInt8]]
    private(set) var starts: [Start] = []
    private let parts: [Range<Int>]

    var base: UnsafeMutableRawPointer { source.memory.base }
    var layout: FileLayout { source.layout }

    /// Slots, buckets, free lists, and what a call may not touch.
    func layout(_ ending: String) -> TableLayout { layout.tables[source.tables.firstIndex { $0.name == ending }!] }
    lazy var slots = layout(Self.name)
    lazy var buckets = layout(Self.name + ".keys")
    lazy var lists = layout(Self.name + ".free")
    lazy var besides = layout("trunks")

    init() {
        let path = FuzzScratch.path("source")
        var options = SourceOptions()
        (options.writers, options.undoBytes, options.undoSegmentBytes) = (4, 128 << 10, 16 << 10)
        options.journalBytes = 32 << 10
        do throws(TandemError) {
            source = try SourceDataFile.create(
                at: path,
                tables: .keyed(
                    Self.name, key: [UInt8].self, keyBytesMax: Self.keyBytesMax, of: KeyedCall.self,
                    capacity: Self.capacity, load: 1, partitions: Self.partitions)
                    + [TableDefinition(name: "trunks", payloadBytes: 48, capacity: 60, sharing: .shared)],
                options: options)
            // Nobody needs its name from here on.
            unlink(path)
            table = try Self.open(source)
            Self.fixSecret(of: source)
            table = try Self.open(source)
            keys = try KeySearch(source, table).keys()
        } catch { fatalError("\(error)") }
        parts = FuzzMemory.parts(of: source.layout)
        makeStarts()
        Poison.put(between: parts, of: base, until: layout.tablesEnd)
    }

    static func open(_ source: SourceDataFile) throws(TandemError) -> Table {
        try source.keyedTable(name, key: [UInt8].self, keyBytesMax: keyBytesMax, of: KeyedCall.self)
    }

    /// An input is to mean the same in every run.
    private static func fixSecret(of source: SourceDataFile) {
        let lists = source.tables.firstIndex { $0.name == name + ".free" }!
        let header = source.memory.base + source.layout.tables[lists].offset + 16
        header.storeBytes(of: 0x0123_4567_89AB_CDEF, toByteOffset: 8, as: UInt64.self)
        header.storeBytes(of: 0xFEDC_BA98_7654_3210, toByteOffset: 16, as: UInt64.self)
    }

    // MARK: Beginnings

    private func makeStarts() {
        let full = Self.capacity
        keep("with no key", 0 ..< 0, removing: 0)
        keep("half full", 0 ..< full / 2, removing: 0)
        keep("full, with a chain", 0 ..< full, removing: 0)
        keep("as it is when a full one has lost a third of its keys", 0 ..< full, removing: 3)
    }

    /// - Parameter step: every so many of the keys are taken out again; 0: none.
    private func keep(_ name: String, _ numbers: Range<Int>, removing step: Int) {
        let empty = starts.first?.image
        if let empty { restore(empty) }
        var model = KeyedModel()
        do throws(TandemError) {
            var writer = try source.makeWriter()
            for number in numbers {
                let record = KeyedCall(number, UInt64(number))
                let placed = try writer.transaction { change throws(TandemError) in
                    try change.insert(table, key: keys[number], record, partition: number % 3)
                }
                model.given.insert(placed.handle)
                model.committed[number] = KeyedModel.Entry(value: UInt64(number), handle: placed.handle, deadline: 0)
            }
            for number in numbers where step > 0 && number % step == 0 {
                try writer.transaction { change throws(TandemError) in _ = try change.remove(table, key: keys[number]) }
                model.committed[number] = nil
            }
        } catch { fatalError("\(error)") }
        starts.append(Start(name: name, image: image(), model: model))
    }

    private func image() -> [UInt8] {
        parts.flatMap { UnsafeRawBufferPointer(start: base + $0.lowerBound, count: $0.count) }
    }

    func restore(_ image: [UInt8]) {
        image.withUnsafeBytes { raw in
            var place = 0
            for part in parts {
                (base + part.lowerBound).copyMemory(from: raw.baseAddress! + place, byteCount: part.count)
                place += part.count
            }
        }
    }

    // MARK: What must not change

    /// The header, the state slots, and the table beside.
    func isUntouched(since start: Start) -> Bool {
        start.image.withUnsafeBytes { raw in
            var place = 0
            for part in parts {
                defer { place += part.count }
                let isOther = besides.offset ..< besides.offset + besides.byteCount ~= part.lowerBound
                guard isOther || part.lowerBound < layout.runtime.control else { continue }
                let before = UnsafeRawBufferPointer(rebasing: raw[place ..< place + part.count])
                let now = UnsafeRawBufferPointer(start: base + part.lowerBound, count: part.count)
                if !now.isEqual(to: before) { return false }
            }
            return true
        }
    }

    func payload(_ table: TableLayout, _ index: Int) -> UnsafeMutableRawPointer {
        base + table.offset + table.slotOffset(of: index, page: table.page(of: index)) + 16
    }

    /// The payloads of the keyed table's records, without the headers that a transaction locks.
    func copyPayloads(to destination: inout [UInt8]) {
        destination.removeAll(keepingCapacity: true)
        for table in [slots, buckets, lists] {
            for index in 0 ..< table.capacity {
                destination.append(
                    contentsOf: UnsafeRawBufferPointer(start: payload(table, index), count: table.payloadBytes))
            }
        }
    }
}

/// Keys most of which have one home and one second bucket, so that few of them make a chain. Found out by looking where
/// they are put: the hash is the table's own.
private struct KeySearch {
    private let source: SourceDataFile
    private let table: KeyedHall.Table
    private let buckets: TableLayout

    init(_ source: SourceDataFile, _ table: KeyedHall.Table) {
        self.source = source
        self.table = table
        buckets = source.layout.tables[source.tables.firstIndex { $0.name == KeyedHall.name + ".keys" }!]
    }

    /// 48 of bucket 0 whose second is 1, among them the first 40; 8 whose second is 2; 8 of other homes.
    func keys() throws(TandemError) -> [[UInt8]] {
        var writer = try source.makeWriter()
        let candidates = (0 ..< 700).map(key)
        var (homes, filled): ([[[UInt8]]], [[UInt8]]) = ([[], [], []], [])
        for key in candidates { homes[try place(of: key, &writer)].append(key) }
        // With twelve entries a home gives its keys to the emptier bucket.
        filled = Array(homes[0].prefix(12))
        for key in filled {
            try writer.transaction { change throws(TandemError) in
                _ = try change.insert(table, key: key, KeyedCall(0, 0))
            }
        }
        var seconds: [[[UInt8]]] = [[], [], []]
        for key in homes[0].dropFirst(12) { seconds[try place(of: key, &writer)].append(key) }
        for key in filled {
            try writer.transaction { change throws(TandemError) in _ = try change.remove(table, key: key) }
        }
        precondition(seconds[1].count >= 48 && seconds[2].count >= 8, "\(seconds.map(\.count))")
        return Array([seconds[1].prefix(48), seconds[2].prefix(8), homes[1].prefix(4), homes[2].prefix(4)].joined())
    }

    /// All lengths from none to the longest come.
    private func key(_ number: Int) -> [UInt8] {
        let length = number == 0 ? 0 : 2 + number % (KeyedHall.keyBytesMax - 1)
        return (0 ..< length).map { UInt8(truncatingIfNeeded: $0 % 2 == 0 ? number : number >> 8) }
    }

    /// The bucket that it is put into.
    private func place(of key: [UInt8], _ writer: inout Writer) throws(TandemError) -> Int {
        let before = counts
        try writer.beginTransaction()
        _ = try writer.inTransaction { change throws(TandemError) in
            try change.insert(table, key: key, KeyedCall(0, 0))
        }
        let after = counts
        writer.rollBackTransaction()
        return (0 ..< 3).first { before[$0] != after[$0] }!
    }

    private var counts: [Int] {
        (0 ..< 3).map { index in
            let payload = source.memory.base + buckets.offset + buckets.slotOffset(of: index, page: 0) + 16
            return (0 ..< 16).count { payload.load(fromByteOffset: 32 + $0 * 4, as: UInt32.self) != 0 }
        }
    }
}
