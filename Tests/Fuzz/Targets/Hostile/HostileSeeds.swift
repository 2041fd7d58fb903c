/// Inputs that lead into each part of the engine's life.
enum HostileSeeds {
    /// Where they begin: blank, in the middle of the bulk copy, in sync; the last in sync and with an end, the same
    /// with a new engine.
    private static let starts: [UInt8] = [0, 1, 2, 0x82, 0x86]

    private static let polls: [UInt8] = [0x05, 0x05, 0x05, 0x05]
    /// Two writers change records and commit.
    private static let traffic: [UInt8] = [
        0xB0, 0, 0, 5, 1, 0xB0, 0, 1, 7, 2, 0xB0, 0x10, 0xB0, 1, 0, 9, 3, 0xB0, 0x11,
    ]
    /// A poll that is interrupted after 40 accesses by a writer, and then by a scribble over a record's header.
    private static let interrupted: [UInt8] = [0x50, 40, 0xB0, 0, 0, 5, 9, 130, 0xD0, 80, 7, 0, 0]
    /// Commands held, released backwards.
    private static let held: [UInt8] = [0x90, 0]
    private static let released: [UInt8] = [0x90, 6, 0x90, 15]
    private static let failed: [UInt8] = [0x90, 8]
    private static let restarted: [UInt8] = [0xA0, 0]
    /// Seconds, for deadlines and back-off.
    private static let long: [UInt8] = [0x4A, 0x4C]

    /// The word at place `number` of `RuntimePlaces` becomes all ones, or another part's words random.
    private static func word(_ number: Int) -> [UInt8] { [0xD0, UInt8(number), 7, 0] }
    private static func part(_ number: Int) -> [UInt8] { [0xF0, UInt8(number), 0, 63, 2, 1, 2, 3, 4, 5, 6, 7, 8] }

    static let all: [[UInt8]] = {
        var seeds: [[UInt8]] = []
        for start in starts {
            func add(_ steps: [UInt8]...) { seeds.append([start] + steps.flatMap { $0 }) }
            add()
            add(polls, traffic, polls)
            add(traffic, interrupted, polls)
            add(held, traffic, polls, released, polls)
            add(traffic, failed, polls, long, polls)
            add(traffic, restarted, polls, long, polls)
            for number in stride(from: 0, to: 156, by: 6) { add(traffic, word(number), polls, traffic, polls) }
            for number in 0 ..< 32 where start & 0x80 != 0 { add(part(number), polls, traffic, polls) }
        }
        return seeds
    }()
}
