/// Inputs that lead into each part of a keyed table's code.
enum KeyedSeeds {
    /// Inserts a key, puts one in place of what is there, removes one, each committed; and finds one.
    private static func insert(_ key: UInt8) -> [UInt8] { [0x38, key, 7] }
    private static func put(_ key: UInt8) -> [UInt8] { [0x3A, key, 9] }
    private static func remove(_ key: UInt8) -> [UInt8] { [0x68, key] }
    private static func find(_ key: UInt8) -> [UInt8] { [0x00, key] }
    private static let allAtOnce: [UInt8] = [0xA0, 0xA4, 0xA6, 0xAA]

    /// Calls of every kind, of keys that are there and that are not.
    private static let calls: [[UInt8]] = {
        var calls: [[UInt8]] = []
        func add(_ parts: [UInt8]...) { calls.append(parts.flatMap { $0 }) }
        add(find(1), find(50), [0x0A, 2, 0x0E, 3])
        add([0x20, 1, 0, 0x28, 2, 0, 0x2A, 3, 0, 0x2E, 4, 0, 0x20, 5, 240, 3, 9])
        add(insert(50), insert(1), find(50), put(50), [0x3C, 0, 0, 0x30, 45, 3, 0x32, 46, 4, 0x80])
        add([0x58, 1, 5, 0x5A, 2, 6, 0, 0x50, 60, 1])
        add(remove(0), remove(3), [0x6A, 6, 0], find(0))
        add([0x30, 51, 1, 0x31, 52, 2, 0x80, 0x81])
        add([0x30, 51, 1, 0x90, 51, 0x98, 51, 0, 0x8A, 0x8E])
        add(allAtOnce)
        add([0x34, 47, 3, 0x80, 0xB8, 47, 0, 9, 0x80, 0xB0, 20, 0xB2, 90])
        add([0xC0, 0xC8, 5])
        add([0xDC, 3, 0xDC, 9], insert(54))
        return calls
    }()

    /// A word changed, a header, the opening's, some bytes; within a call.
    private static let scribbles: [[UInt8]] = [
        [0xD0, 3, 0, 3, 1], [0xD0, 96, 1, 5, 2], [0xD0, 32, 0, 0, 200], [0xD0, 34, 0, 0, 40], [0xD0, 228, 0, 5, 1],
        [0xD8, 20, 0, 5, 2],
        [0xDA, 3, 0, 0, 9, 0xC0, 0xC8], [0xDC, 1, 2, 3, 8, 1, 2, 3, 4, 5, 6, 7, 8], [0xDE, 9, 0, 34, 0, 3, 1, 0],
    ]

    static let all: [[UInt8]] = {
        var seeds: [[UInt8]] = []
        func add(_ parts: [UInt8]...) { seeds.append(parts.flatMap { $0 }) }
        let everything = calls.flatMap { $0 }
        for start in [0, 2, 4, 6] as [UInt8] {
            for call in calls { add([start], call) }
            add([start], everything)
            add([start], (0 ..< 24).flatMap { insert($0 * 2) }, (0 ..< 9).flatMap { remove($0 * 3) })
            for scribble in scribbles {
                add([start | 1], scribble, everything)
                add([start | 1], remove(4), scribble, insert(4), remove(7), insert(49), allAtOnce)
            }
        }
        return seeds
    }()
}
