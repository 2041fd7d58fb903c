import Tandem
import TandemTables

/// Keys that fill two of the three homes of the keyed table, so that the last of them goes to a chain. Found by trying,
/// as where a key stands is the table's secret.
struct ChainedKeys: Sendable {
    private(set) var keys: [UInt64] = []
    /// One that stands in the very home that has the chain.
    let neighbour: UInt64

    /// Leaves the table as it was made.
    init(in source: SourceDataFile) throws(TandemError) {
        let table = try source.keyedTable("dialogs", key: UInt64.self, of: Trunk.self)
        let slots = try source.rawTable("dialogs")
        let buckets = try source.rawTable("dialogs.keys")
        let empty = Image(of: source)
        defer { empty.putBack() }
        var writer = try source.makeWriter()
        for key in (0 as UInt64)... {
            try writer.transaction { change throws(TandemError) in
                _ = try change.insert(table, key: key, Trunk(repeating: key))
            }
            if try Self.hasEntry(buckets.read(at: 2)) {
                try writer.transaction { change throws(TandemError) in try change.remove(table, key: key) }
            } else {
                keys.append(key)
            }
            if try table.survey().longestChain > 0 { break }
        }
        var found: UInt64?
        for home in 0 ..< 2 {
            let bucket = try buckets.read(at: home)
            guard Self.word(bucket, at: 96) != 0 else { continue }
            let slot = try slots.read(at: Int(Self.word(bucket, at: 32)) - 1)
            found = slot.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 16, as: UInt64.self) }
        }
        guard let found else { throw TandemError(.tableDamaged) }
        neighbour = found
    }

    private static func hasEntry(_ bucket: [UInt8]) -> Bool { bucket[32 ..< 96].contains { $0 != 0 } }

    private static func word(_ bucket: [UInt8], at offset: Int) -> UInt32 {
        bucket.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self) }
    }
}
