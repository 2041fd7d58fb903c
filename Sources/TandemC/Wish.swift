internal import CTandem
internal import Tandem
internal import TandemTables
internal import TandemTypes

/// Definitions and options, as C gave them.
struct Wish {
    private(set) var definitions: [TableDefinition] = []
    private(set) var options = SourceOptions()

    init(
        _ tables: UnsafePointer<tandem_table_definition>?, _ count: Int, _ given: UnsafePointer<tandem_options>?
    ) throws(TandemError) {
        guard let tables, (1 ... 62).contains(count) else {
            throw TandemError(
                .badArgument, "tables", tables == nil ? "it is NULL" : "\(count) tables are not possible",
                remedy: "Give 1 to 62 definitions")
        }
        for table in UnsafeBufferPointer(start: tables, count: count) { definitions += try table.definitions() }
        guard let given else { return }
        // What a caller that knows fewer fields has behind them is somebody else's memory.
        var wish = tandem_options()
        let known = min(given.pointee.size, MemoryLayout<tandem_options>.size)
        guard known >= MemoryLayout<Int>.size else {
            throw TandemError(
                .badArgument, "options", "its size is \(given.pointee.size)",
                remedy: "Set it to sizeof(struct tandem_options)")
        }
        withUnsafeMutableBytes(of: &wish) { $0.baseAddress!.copyMemory(from: given, byteCount: known) }
        if wish.writers != 0 { options.writers = Int(wish.writers) }
        if wish.journal_bytes != 0 { options.journalBytes = Int(clamping: wish.journal_bytes) }
        if wish.undo_bytes != 0 { options.undoBytes = Int(clamping: wish.undo_bytes) }
    }
}

extension tandem_table_definition {
    /// A source's tables for this one of C's.
    fileprivate func definitions() throws(TandemError) -> [TableDefinition] {
        guard let name else {
            throw TandemError(.badArgument, "tables", "a name is NULL", remedy: "Name each table")
        }
        let text = String(cString: name)
        let isOfSlots = kind == TANDEM_KEYED.rawValue || kind == TANDEM_SLOTS.rawValue
        guard reserved == (0, 0, 0), isOfSlots || (key_bytes, partitions, load_percent) == (0, 0, 0) else {
            throw refusal(text, "a field that says nothing of its kind is not 0", "Set it to 0")
        }
        let (bytes, records) = (Int(payload_bytes), Int(clamping: capacity))
        let lists = partitions == 0 ? 16 : Int(partitions)
        switch kind {
        case TANDEM_KEYED.rawValue:
            return try .keyed(
                text, keyBytesMax: Int(key_bytes), recordBytes: bytes, capacity: records,
                load: load_percent == 0 ? 0.7 : Double(load_percent) / 100, partitions: lists)
        case TANDEM_SLOTS.rawValue:
            guard (key_bytes, load_percent) == (0, 0) else {
                throw refusal(text, "slots without keys have no key bytes and no load", "Set them to 0")
            }
            return try .slots(text, recordBytes: bytes, capacity: records, partitions: lists)
        default:
            guard let sharing = Sharing(rawValue: kind) else {
                throw refusal(text, "a kind of \(kind) is not possible", "Use one of enum tandem_kind")
            }
            return [TableDefinition(name: text, payloadBytes: bytes, capacity: records, sharing: sharing)]
        }
    }

    private func refusal(_ name: String, _ problem: String, _ remedy: String) -> TandemError {
        TandemError(.badArgument, "table '\(name)'", problem, remedy: remedy)
    }
}
