internal import TandemCore
public import TandemTypes

extension SourceDataFile {
    /// The table called `name`, as records of `Record`.
    ///
    /// - Parameter match: how the type is compared with the one that the table was made for.
    /// - Throws: `.noSuchTable`; `.wrongSize` when `Record` has not exactly as many bytes as the table's records;
    ///   `.wrongSchema` when the table was made for a type with other fields, or for another version of this one.
    /// - Complexity: O(tables + fields); to be called once, not for each access.
    public func table<Record: BitwiseCopyable>(
        _ name: String, of record: Record.Type, matching match: RecordMatch = .version(0)
    ) throws(TandemError) -> DataTable<Record> {
        let number = try tableNumber(name)
        let payloadBytes = layout.tables[number].payloadBytes
        guard MemoryLayout<Record>.size == payloadBytes, MemoryLayout<Record>.alignment <= 16 else {
            throw TandemError(
                .wrongSize, "table '\(name)'",
                "its records have \(payloadBytes) bytes, \(Record.self) has \(MemoryLayout<Record>.size)",
                remedy: "Use the type that the table was created for")
        }
        if case .version(let version) = match {
            let known = layout.definitions[number].recordType
            let given = RecordType.fingerprint(of: record, version: version)
            guard known == 0 || given == 0 || known == given else {
                throw TandemError(
                    .wrongSchema, "table '\(name)' of \(path)",
                    "its records are not \(Record.self): it was made for a type with other fields, or another version",
                    remedy:
                        """
                        Use the type and the version that the table was created for, or, knowing that this type fits, \
                        `matching: .unchecked`
                        """
                )
            }
        }
        return DataTable(view: TableView(layout: layout.tables[number], memory: memory), source: self)
    }

    /// The table called `name`, as records of bytes.
    ///
    /// - Throws: `.noSuchTable`.
    public func rawTable(_ name: String) throws(TandemError) -> RawDataTable {
        RawDataTable(view: TableView(layout: layout.tables[try tableNumber(name)], memory: memory), source: self)
    }

    /// The number of the table called `name`, in the order of the schema.
    package func tableNumber(_ name: String) throws(TandemError) -> Int {
        guard let number = layout.definitions.firstIndex(where: { $0.name == name }) else {
            throw .noTable(name, in: layout, path)
        }
        return number
    }

    /// Whether these are the source's tables.
    func admit(_ tables: [TableDefinition]) throws(TandemError) {
        let mine = layout.definitions
        guard tables.map(\.name) == mine.map(\.name) else {
            throw refusal("its tables are \(names(mine)), not \(names(tables))")
        }
        for (mine, given) in zip(mine, tables) {
            let table = "table '\(mine.name)'"
            guard mine.payloadBytes == given.payloadBytes else {
                throw refusal("\(table) has records of \(mine.payloadBytes) bytes, not of \(given.payloadBytes)")
            }
            guard mine.capacity == given.capacity else {
                throw refusal("\(table) has \(mine.capacity) records, not \(given.capacity)")
            }
            guard mine.sharing == given.sharing else {
                throw refusal("\(table) is \(mine.sharing), not \(given.sharing)")
            }
            guard mine.recordType == given.recordType || mine.recordType == 0 || given.recordType == 0 else {
                throw refusal("\(table) was made for a type with other fields, or for another version of this one")
            }
        }
    }

    private func names(_ tables: [TableDefinition]) -> String { tables.map(\.name).joined(separator: ", ") }

    private func refusal(_ problem: String) -> TandemError {
        TandemError(
            .wrongSchema, path, problem,
            remedy: "Open it with its own tables, or make the new ones in a source of another name")
    }
}

extension TandemError {
    static func noTable(_ name: String, in layout: FileLayout, _ path: String) -> TandemError {
        TandemError(
            .noSuchTable, path, "it has no table '\(name)'",
            remedy: "Its tables are: \(layout.definitions.map(\.name).joined(separator: ", "))")
    }
}
