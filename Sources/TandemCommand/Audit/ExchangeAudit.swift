import CTandemLayout

/// Checks the exchange's invariants on the bytes of a source or copy. Shares nothing with the engine: the file is read
/// by `AuditedFile` and `JournalReplay`, the records by the workload's own definitions.
struct ExchangeAudit {
    private let file: AuditedFile
    private let calls: AuditedFile.Table
    private let trunks: AuditedFile.Table
    private let accounts: AuditedFile.Table
    private(set) var report: AuditReport

    /// - Throws: when the file cannot be read as an exchange; what is wrong *in* an exchange is in the report.
    static func run(_ path: String, acknowledgements: [Acknowledgement] = []) throws(CommandFailure) -> AuditReport {
        var audit = try ExchangeAudit(path)
        audit.checkLocks()
        audit.checkTotals(busyByTrunk: audit.checkCalls())
        audit.checkAcknowledged(acknowledgements)
        return audit.report
    }

    private init(_ path: String) throws(CommandFailure) {
        file = try AuditedFile(path)
        calls = try Self.table(CallRecord.tableName, MemoryLayout<CallRecord>.size, in: file)
        trunks = try Self.table(TrunkRecord.tableName, MemoryLayout<TrunkRecord>.size, in: file)
        accounts = try Self.table(AccountRecord.tableName, MemoryLayout<AccountRecord>.size, in: file)
        report = AuditReport(path: path)
        report.calls = calls.capacity
        switch file.role {
        case .source: report.role = "source"
        case .syncing: throw CommandFailure("\(path): the copy is still syncing; it is no whole state yet")
        case .consistent:
            report.role = "copy"
            let replay = JournalReplay(over: file)
            guard replay.cut >= file.state.cut else {
                throw CommandFailure(
                    "\(path): the journal ends at cut \(replay.cut), before cut \(file.state.cut) that was whole")
            }
            report.cut = replay.cut
            report.cutsReplayed = replay.cuts
            report.changesReplayed = replay.changes
        }
        report.records = file.tables.reduce(0) { $0 + $1.capacity }
        report.digest = file.digest()
    }

    private static func table(_ name: String, _ bytes: Int, in file: AuditedFile) throws(CommandFailure)
        -> AuditedFile.Table
    {
        guard let table = file.table(name), table.payloadBytes == bytes else {
            throw CommandFailure(
                "\(file.path): it holds no exchange: table '\(name)' with records of \(bytes) bytes is missing")
        }
        return table
    }

    private func record<Record: BitwiseCopyable>(_ table: AuditedFile.Table, _ index: Int, as: Record.Type) -> Record {
        file.bytes.loadUnaligned(fromByteOffset: table.slot(index) + Int(TANDEM_RECORD_HEADER_BYTES), as: Record.self)
    }

    /// A record that a writer holds is in the middle of a transaction: the audit is of a state that does not exist yet.
    private mutating func checkLocks() {
        for table in [calls, trunks, accounts] {
            for index in 0 ..< table.capacity {
                let word = file.bytes.load(fromByteOffset: table.slot(index), as: UInt64.self)
                let owner = word & (1 << UInt64(TANDEM_OWNER_BITS) - 1)
                if owner != 0 {
                    report.violation("\(table.name) \(index): held by writer \(owner - 1), in mid-transaction")
                }
            }
        }
    }

    /// Every call whole; returns the calls that are up on each trunk.
    private mutating func checkCalls() -> [UInt64] {
        var busyByTrunk = [UInt64](repeating: 0, count: trunks.capacity)
        for index in 0 ..< calls.capacity {
            let call = record(calls, index, as: CallRecord.self)
            report.transactions &+= call.sequence
            guard call.isWhole(at: index) else {
                report.violation(
                    "call \(index): torn: its fields do not match its checksum (sequence \(call.sequence))")
                continue
            }
            guard call.isUp == 1 else { continue }
            report.callsUp += 1
            guard Int(call.trunk) < trunks.capacity else {
                report.violation("call \(index): it is up on trunk \(call.trunk), which does not exist")
                continue
            }
            busyByTrunk[Int(call.trunk)] += 1
        }
        return busyByTrunk
    }

    /// What trunks and accounts say agrees with what the calls say: else some transaction is there by half.
    private mutating func checkTotals(busyByTrunk: [UInt64]) {
        var handled: UInt64 = 0
        var released: UInt64 = 0
        for index in 0 ..< trunks.capacity {
            let trunk = record(trunks, index, as: TrunkRecord.self)
            handled &+= trunk.seized &+ trunk.released
            released &+= trunk.released
            if trunk.busy != busyByTrunk[index] {
                report.violation(
                    "trunk \(index): busy with \(trunk.busy) calls where \(busyByTrunk[index]) are up on it")
            }
            if trunk.busy != trunk.seized &- trunk.released {
                report.violation(
                    "trunk \(index): \(trunk.seized) seized less \(trunk.released) released is not \(trunk.busy) busy")
            }
        }
        let switched = report.transactions
        if handled != switched {
            report.violation("totals: calls count \(switched) transactions, trunks \(handled)")
        }
        var sum: Int64 = 0
        var transfers: UInt64 = 0
        for index in 0 ..< accounts.capacity {
            let account = record(accounts, index, as: AccountRecord.self)
            sum &+= account.balance
            transfers &+= account.transfers
        }
        if sum != 0 { report.violation("accounts: money was made or lost: all balances together are off by \(sum)") }
        report.transfers = transfers
        if transfers != released &* 2 {
            report.violation(
                "totals: accounts booked \(transfers) times where \(released) releases make \(released &* 2)")
        }
    }

    /// The acknowledged promise: the call's record is at least as new as any commit that was said to be on the copy.
    private mutating func checkAcknowledged(_ acknowledgements: [Acknowledgement]) {
        report.acknowledgements = acknowledgements.count
        for acknowledgement in acknowledgements {
            guard acknowledgement.call < calls.capacity else {
                report.violation("acknowledged: call \(acknowledgement.call) does not exist")
                continue
            }
            let call = record(calls, acknowledgement.call, as: CallRecord.self)
            if call.sequence < acknowledgement.sequence {
                report.violation(
                    """
                    call \(acknowledgement.call): worker \(acknowledgement.worker) was told that sequence \
                    \(acknowledgement.sequence) is safe; it is at \(call.sequence)
                    """
                )
            }
        }
    }
}
