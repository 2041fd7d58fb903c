import TandemCore

/// The three tables of a keyed table as they stand somewhere: in a copy that was recovered, or in the source. Read as
/// bytes, by what `docs/internals/keyed.md` says of them: nothing is shared with the code that wrote them.
struct KeyedPicture {
    struct Slot {
        let generation, state, keyBytes: Int
        /// In use: the deadline. Free: number + 1 of the next one.
        let word: UInt64
        let key: UInt64
        let record: (UInt64, UInt64)

        var isBlank: Bool { generation == 0 && state == 0 && keyBytes == 0 && word == 0 }
        static let free = 0, used = 1
    }

    struct List {
        let used, first, last, count, retired: Int
    }

    struct Bucket {
        /// Number of the slot and tag, for each place that is taken.
        let entries: [(slot: Int, tag: UInt16)]
        /// Number of an overflow bucket; nil: none.
        let next: Int?
        let away: Int
        static let places = 16
    }

    private(set) var slots: [Slot] = []
    private(set) var lists: [List] = []
    private(set) var buckets: [Bucket] = []

    /// - Parameter read: a record's payload; false where it cannot be read.
    init?(_ tables: KeyedTables, _ read: (TableLayout, Int, UnsafeMutableRawBufferPointer) -> Bool) {
        var room = [UInt64](repeating: 0, count: 16)
        func each(_ view: TableView, _ body: (UnsafeRawBufferPointer) -> Void) -> Bool {
            let layout = view.layout
            return (0 ..< layout.capacity).allSatisfy { index in
                room.withUnsafeMutableBytes { raw in
                    let payload = UnsafeMutableRawBufferPointer(rebasing: raw[..<layout.payloadBytes])
                    guard read(layout, index, payload) else { return false }
                    body(UnsafeRawBufferPointer(payload))
                    return true
                }
            }
        }
        guard each(tables.slots, { slots.append(Slot($0)) }), each(tables.lists, { lists.append(List($0)) }),
            each(tables.buckets, { buckets.append(Bucket($0)) })
        else { return nil }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func number<Field: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, _ field: Field.Type) -> Int {
        Int(truncatingIfNeeded: load(fromByteOffset: offset, as: field))
    }

    fileprivate func word(_ offset: Int) -> UInt64 { load(fromByteOffset: offset, as: UInt64.self) }
}

extension KeyedPicture.Slot {
    fileprivate init(_ payload: UnsafeRawBufferPointer) {
        generation = payload.number(0, UInt32.self)
        state = payload.number(4, UInt16.self)
        keyBytes = payload.number(6, UInt16.self)
        word = payload.word(8)
        key = payload.word(16)
        record = (payload.word(32), payload.word(40))
    }
}

extension KeyedPicture.List {
    fileprivate init(_ payload: UnsafeRawBufferPointer) {
        used = payload.number(0, UInt32.self)
        first = payload.number(4, UInt32.self)
        last = payload.number(8, UInt32.self)
        count = payload.number(12, UInt32.self)
        retired = payload.number(16, UInt32.self)
    }
}

extension KeyedPicture.Bucket {
    fileprivate init(_ payload: UnsafeRawBufferPointer) {
        var entries: [(slot: Int, tag: UInt16)] = []
        for place in 0 ..< Self.places {
            let slot = payload.number(32 + 4 * place, UInt32.self) - 1
            if slot >= 0 { entries.append((slot, payload.load(fromByteOffset: 2 * place, as: UInt16.self))) }
        }
        self.entries = entries
        let link = payload.number(96, UInt32.self)
        next = link == 0 ? nil : link - 1
        away = payload.number(100, UInt32.self)
    }
}
