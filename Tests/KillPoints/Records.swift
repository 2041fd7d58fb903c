import Tandem
import TandemTables

/// A record of the partitioned table, of the shared one: every word says whose it is and which transaction wrote it.
typealias Call = InlineArray<30, UInt64>
typealias Trunk = InlineArray<4, UInt64>

/// One record of the stand's tables.
struct Place: Equatable {
    let table: Int
    let index: Int

    static func call(_ index: Int) -> Place { Place(table: 0, index: index) }
    static func trunk(_ index: Int) -> Place { Place(table: 1, index: index) }

    /// Each word of this record after the transaction of this stage.
    func word(_ stage: Int) -> UInt64 { UInt64(stage) << 32 | UInt64(table + 1) << 16 | UInt64(index) }

    /// The stage that wrote these words; nil if it was not one, or not here.
    func stage(of words: UnsafeRawBufferPointer) -> Int? {
        let first = words.loadUnaligned(as: UInt64.self)
        let stage = Int(first >> 32)
        guard first == word(stage) else { return nil }
        for offset in stride(from: 8, to: words.count, by: 8)
        where words.loadUnaligned(fromByteOffset: offset, as: UInt64.self) != first { return nil }
        return stage
    }
}

/// What a writer of a scenario works with.
struct Session {
    let source: SourceDataFile
    let calls: DataTable<Call>
    let trunks: DataTable<Trunk>
    let dialogs: KeyedTable<UInt64, Trunk>
    let chained: ChainedKeys

    /// Attached anew, as any client is.
    init(path: String, chained: ChainedKeys) throws(TandemError) {
        self.chained = chained
        source = try SourceDataFile.open(at: path)
        calls = try source.table("calls", of: Call.self)
        trunks = try source.table("trunks", of: Trunk.self)
        dialogs = try source.keyedTable("dialogs", key: UInt64.self, of: Trunk.self)
    }

    func call(_ index: Int, _ stage: Int) -> Call { Call(repeating: Place.call(index).word(stage)) }
    func trunk(_ index: Int, _ stage: Int) -> Trunk { Trunk(repeating: Place.trunk(index).word(stage)) }

    /// Puts keys in, each by a transaction of its own.
    func putIn(_ keys: some Sequence<UInt64>, with writer: inout Writer) throws(TandemError) {
        for key in keys {
            try writer.transaction { change throws(TandemError) in
                _ = try change.insert(dialogs, key: key, Trunk(repeating: key))
            }
        }
    }
}
