internal import Tandem
internal import TandemCore
internal import TandemTypes

/// The tables that one keyed table or one table of slots is made of: the one of its name, and its companions.
struct TableParts {
    let name: String
    let slots: SharedTable
    let lists: SharedTable
    /// Nil for a table of slots without keys.
    let buckets: SharedTable?

    static let lists = ".free"
    static let buckets = ".keys"
    /// So that companions' names are not too long either.
    static let nameBytesMax = 26
    static let keyBytesMax = 1024

    init(of name: String, in source: SourceDataFile, isKeyed: Bool) throws(TandemError) {
        self.name = name
        slots = SharedTable(try source.rawTable(name).view)
        lists = try Self.companion(name, Self.lists, FreeList.payloadBytes, in: source)
        buckets = isKeyed ? try Self.companion(name, Self.buckets, Bucket.payloadBytes, in: source) : nil
        guard isKeyed || !source.tables.contains(where: { $0.name == name + Self.buckets }) else {
            throw Self.misfit(name, in: source, "it has keys: a slot that is released would stay under its key")
        }
        let capacity = slots.capacity
        guard (1 ... capacity).contains(lists.capacity - ListPlace.firstPartition) else {
            throw Self.misfit(name, in: source, "'\(name)\(Self.lists)' has \(lists.capacity) records")
        }
        if let buckets, buckets.capacity < KeyIndex.overflowCount(capacity: capacity) + KeyIndex.homesMin {
            throw Self.misfit(
                name, in: source,
                "'\(name)\(Self.buckets)' has \(buckets.capacity) records, too few for \(capacity) keys")
        }
    }

    /// Whether a slot has room for such keys and records, and for nothing else.
    func check(keyBytesMax: Int, recordBytes: Int, in source: SourceDataFile) throws(TandemError) {
        let (has, needed) = (
            slots.view.layout.payloadBytes, SlotBytes.recordOffset(keyBytesMax: keyBytesMax) + recordBytes
        )
        guard has == needed else {
            throw Self.misfit(
                name, in: source,
                """
                its slots have \(has) bytes, and keys of \(keyBytesMax) bytes with records of \(recordBytes) need \
                \(needed)
                """)
        }
    }

    private static func companion(
        _ name: String, _ ending: String, _ payloadBytes: Int, in source: SourceDataFile
    ) throws(TandemError) -> SharedTable {
        guard source.tables.contains(where: { $0.name == name + ending }) else {
            throw misfit(name, in: source, "there is no table '\(name)\(ending)' beside it")
        }
        let view = try source.rawTable(name + ending).view
        guard view.layout.payloadBytes == payloadBytes, view.layout.sharing == .shared else {
            throw misfit(
                name, in: source,
                """
                '\(name)\(ending)' is \(view.layout.sharing) with records of \(view.layout.payloadBytes) bytes, not \
                shared with \(payloadBytes)
                """)
        }
        return SharedTable(view)
    }

    static func misfit(_ name: String, in source: SourceDataFile, _ problem: String) -> TandemError {
        TandemError(
            .wrongSchema, "table '\(name)' of \(source.path)", problem,
            remedy:
                """
                Make it with `TableDefinition.keyed` or `.slots`, or `tandem create --keyed`, and open it as what it \
                was made as
                """)
    }
}
