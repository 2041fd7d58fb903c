import Tandem

/// The three tables of the exchange workload in a source.
struct ExchangeTables {
    let calls: DataTable<CallRecord>
    let trunks: DataTable<TrunkRecord>
    let accounts: DataTable<AccountRecord>

    /// Small enough that every worker meets every other on them.
    static let trunkCount = 256
    static let accountCount = 65_536

    static func definitions(calls: Int) -> [TableDefinition] {
        [
            .of(CallRecord.self, name: CallRecord.tableName, capacity: calls, sharing: .partitioned),
            .of(TrunkRecord.self, name: TrunkRecord.tableName, capacity: trunkCount, sharing: .shared),
            .of(AccountRecord.self, name: AccountRecord.tableName, capacity: accountCount, sharing: .shared),
        ]
    }

    init(in source: SourceDataFile) throws(TandemError) {
        do throws(TandemError) {
            calls = try source.table(CallRecord.tableName, of: CallRecord.self)
            trunks = try source.table(TrunkRecord.tableName, of: TrunkRecord.self)
            accounts = try source.table(AccountRecord.tableName, of: AccountRecord.self)
        } catch {
            throw TandemError(
                .noSuchTable, source.path, "it does not hold the tables of the exchange workload",
                remedy: "Make one with 'tandem create PATH --workload exchange --calls 1000000'")
        }
        guard accounts.capacity >= 2, trunks.capacity >= 1 else {
            throw TandemError(
                .badArgument, source.path, "the exchange needs at least one trunk and two accounts",
                remedy: "Create the source with larger tables")
        }
    }
}
