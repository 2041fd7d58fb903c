import TestSupport

@testable import TandemTables

/// What these tests keep: all words the same, so that a torn one shows.
struct Call: BitwiseCopyable, Equatable {
    var number: UInt64 = 0
    var trunk: UInt64 = 0
    var words: (UInt64, UInt64, UInt64) = (0, 0, 0)

    init(_ value: UInt64 = 0) {
        number = value
        trunk = value
        words = (value, value, value)
    }

    var isWhole: Bool { trunk == number && words == (number, number, number) }

    static func == (a: Call, b: Call) -> Bool { a.number == b.number && a.trunk == b.trunk && a.words == b.words }
}

struct Trunk: BitwiseCopyable, Equatable { var busy: UInt64 = 0 }

/// A source of a test's own, with a keyed table, slots without keys, and an ordinary table.
struct Hall: Sendable {
    let scratch = Scratch(in: "/dev/shm")
    let source: SourceDataFile
    let calls: KeyedTable<UInt64, Call>
    let legs: SlotTable<Call>
    let trunks: DataTable<Trunk>

    var path: String { scratch.file("hall") }

    init(
        capacity: Int = 200, load: Double = 0.7, partitions: Int = 4, writers: Int = 8
    ) throws(TandemError) {
        var options = SourceOptions()
        options.writers = writers
        options.undoBytes = 1 << 20
        options.journalBytes = 4 << 20
        source = try SourceDataFile.create(
            at: scratch.file("hall"),
            tables: .keyed(
                "calls", key: UInt64.self, of: Call.self, capacity: capacity, load: load, partitions: partitions)
                + .slots("legs", of: Call.self, capacity: capacity, partitions: partitions)
                + [.of(Trunk.self, name: "trunks", capacity: 16, sharing: .shared)],
            options: options)
        calls = try Self.calls(of: source)
        legs = try source.slotTable("legs", of: Call.self)
        trunks = try source.table("trunks", of: Trunk.self)
    }

    static func calls(of source: SourceDataFile) throws(TandemError) -> KeyedTable<UInt64, Call> {
        try source.keyedTable("calls", key: UInt64.self, of: Call.self)
    }
}

/// The code of the error that `body` throws; nil when it throws none.
func code(_ body: () throws(TandemError) -> Void) -> TandemError.Code? {
    do throws(TandemError) { try body() } catch { return error.code }
    return nil
}

extension KeyedHash {
    /// Keys whose home is bucket 0 of a table of `homes` under the secret of `hash`, and whose second one is bucket 1,
    /// unless that is left open.
    static func keys(_ count: Int, of hash: KeyedHash, homes: Int, sharesSecond: Bool = true) -> [UInt64] {
        var found: [UInt64] = []
        var key: UInt64 = 0
        while found.count < count {
            let number = withUnsafeBytes(of: key) { hash($0) }
            let (home, step) = ((number & 0xFFFF_FFFF) * UInt64(homes), (number >> 32) * UInt64(homes - 1))
            if home >> 32 == 0, step >> 32 == 0 || !sharesSecond { found.append(key) }
            key += 1
        }
        return found
    }
}

/// SplitMix64: the same numbers in every run.
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var number = state
        number = (number ^ number >> 30) &* 0xBF58_476D_1CE4_E5B9
        number = (number ^ number >> 27) &* 0x94D0_49BB_1331_11EB
        return number ^ number >> 31
    }
}
