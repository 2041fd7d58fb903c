package import Tandem
internal import TandemCore

/// A keyed table as bytes, for programs that know its shape only when they run.
package struct RawKeyedTable: Sendable {
    let index: KeyIndex
    package let name: String
    private let source: SourceDataFile

    /// The table called `name`, made for keys and records of these lengths. Who opens it first makes its secret.
    package init(
        _ name: String, in source: SourceDataFile, keyBytesMax: Int, recordBytes: Int
    ) throws(TandemError) {
        let parts = try TableParts(of: name, in: source, isKeyed: true)
        let header = try parts.open(source, keyBytesMax: keyBytesMax, recordBytes: recordBytes)
        try self.init(parts, header, source)
    }

    /// The table called `name` as it is, to be looked at: nothing is written. Nil when nobody has opened it, and no key
    /// can be in it.
    package init?(lookingAt name: String, in source: SourceDataFile) throws(TandemError) {
        let parts = try TableParts(of: name, in: source, isKeyed: true)
        let header = try parts.read()
        guard header.mark != 0 else { return nil }
        try self.init(parts, header, source)
    }

    private init(_ parts: TableParts, _ header: TableHeader, _ source: SourceDataFile) throws(TandemError) {
        let (keyBytesMax, recordBytes) = (Int(header.keyBytesMax), Int(header.recordBytes))
        guard header.mark == TableHeader.mark, let buckets = parts.buckets,
            (1 ... TableParts.keyBytesMax).contains(keyBytesMax),
            SlotBytes.recordOffset(keyBytesMax: keyBytesMax) + recordBytes == parts.slots.layout.payloadBytes
        else { throw TableParts.misfit(parts.name, in: source, "its header is none of a keyed table of its size") }
        name = parts.name
        self.source = source
        index = KeyIndex(
            buckets: buckets, pool: SlotPool(slots: parts.slots, lists: parts.lists, keyBytesMax: keyBytesMax),
            secret: header.secret)
    }

    /// Names of the source's keyed tables, in the order of its tables.
    package static func names(in source: SourceDataFile) -> [String] {
        let all = Set(source.tables.map(\.name))
        return source.tables.map(\.name).filter {
            all.contains($0 + TableParts.lists) && all.contains($0 + TableParts.buckets)
        }
    }

    /// The record of `key` and its handle, as committed last; nil when the key is not there.
    package func find(_ key: [UInt8]) throws(TandemError) -> (handle: RecordHandle, record: [UInt8])? {
        var record = [UInt8](repeating: 0, count: index.pool.recordBytes)
        let found = record.withUnsafeMutableBytes { room in
            key.withUnsafeBytes { bytes in
                result { () throws(TandemError) in try index.find(bytes, as: 0, into: room.baseAddress) }
            }
        }
        return try found.get().map { ($0, record) }
    }

    /// How full it is.
    package func fill() throws(TandemError) -> TableFill { try index.fill() }
    /// Overflow buckets of the longest chain, which takes a look at every bucket.
    package func longestChain() throws(TandemError) -> Int { try index.survey().longestChain }
}
