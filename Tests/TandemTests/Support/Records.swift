import Tandem

/// The tables of these tests.
struct Call: BitwiseCopyable, Equatable {
    var number: UInt64 = 0
    var trunk: UInt64 = 0
    var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    init(_ value: UInt64 = 0) {
        number = value
        trunk = value
        words = (value, value, value, value)
    }

    static func == (a: Call, b: Call) -> Bool { a.number == b.number && a.trunk == b.trunk && a.words == b.words }
}

struct Trunk: BitwiseCopyable, Equatable {
    var busy: UInt64 = 0
    var seizures: UInt64 = 0
}

enum Exchange {
    static let calls = TableDefinition.of(Call.self, name: "calls", capacity: 1000, sharing: .shared)
    static let trunks = TableDefinition.of(Trunk.self, name: "trunks", capacity: 40, sharing: .partitioned)
    static let tables = [calls, trunks]

    /// As small as the limits allow, so that a hundred of them are made in a second.
    static var options: SourceOptions {
        var options = SourceOptions()
        options.writers = 4
        options.undoBytes = 32 << 10
        options.undoSegmentBytes = 4 << 10
        options.journalBytes = 1 << 20
        return options
    }
}
