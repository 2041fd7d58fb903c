import TandemCore

/// Fields of a keyed table's records, as docs/internals/keyed.md has them.
struct KeyedPlaces {
    /// In payloads: what the table's own code reads.
    let words: Places
    /// In the records' headers: locks and epochs.
    let headers: Places
    /// The table's header, which is read when it is opened.
    let opening: Places

    private static let bucketFields =
        (0 ..< 16).map { ("tag \($0)", Place($0 * 2, 2)) } + (0 ..< 16).map { ("slot in \($0)", Place(32 + $0 * 4, 4)) }
        + [("link", Place(96, 4)), ("link", Place(96, 4)), ("away", Place(100, 4)), ("away", Place(100, 4))]
    private static let listFields = [
        ("used", Place(0, 4)), ("first", Place(4, 4)), ("last", Place(8, 4)), ("count", Place(12, 4)),
        ("retired", Place(16, 4)), ("helper", Place(20, 4)),
    ]
    private static let slotFields = [
        ("generation", Place(0, 4)), ("state", Place(4, 2)), ("key's length", Place(6, 2)),
        ("deadline or link", Place(8, 8)), ("key", Place(16, 8)), ("key's end", Place(28, 8)), ("record", Place(48, 8)),
    ]
    private static let headerFields = [
        ("mark", Place(0, 8)), ("secret", Place(8, 8)), ("key bytes", Place(24, 4)), ("record bytes", Place(28, 4)),
        ("life", Place(32, 8)), ("clock", Place(48, 8)), ("told", Place(56, 8)),
    ]

    init(_ hall: KeyedHall) {
        typealias Named = (String, Place)
        func fields(_ table: TableLayout, _ what: String, _ numbers: Range<Int>, _ fields: [Named]) -> [Named] {
            numbers.flatMap { index in
                let start = table.offset + table.slotOffset(of: index, page: table.page(of: index)) + 16
                return fields.map {
                    ("\(what) \(index)'s \($0.0)", Place(start + $0.1.offset, $0.1.byteCount))
                }
            }
        }
        let (slots, buckets, lists) = (hall.slots, hall.buckets, hall.lists)
        let lock = [("lock", Place(-16, 8)), ("epoch", Place(-8, 8))]
        let listWords = fields(lists, "list", 1 ..< lists.capacity, Self.listFields)
        words = Self.named(
            fields(buckets, "bucket", 0 ..< buckets.capacity, Self.bucketFields) + listWords + listWords + listWords
                + fields(slots, "slot", 0 ..< slots.capacity, Self.slotFields))
        headers = Self.named(
            fields(buckets, "bucket", 0 ..< buckets.capacity, lock) + fields(lists, "list", 0 ..< lists.capacity, lock)
                + fields(slots, "slot", 0 ..< slots.capacity, lock))
        opening = Self.named(fields(lists, "header", 0 ..< 1, Self.headerFields))
    }

    private static func named(_ fields: [(String, Place)]) -> Places {
        let names = Dictionary(fields.map { ($0.1.offset, $0.0) }) { first, _ in first }
        return Places(all: fields.map(\.1)) { names[$0] ?? "byte \($0)" }
    }
}
