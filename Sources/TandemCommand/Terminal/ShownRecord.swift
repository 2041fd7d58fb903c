import Tandem

/// One record for people and programs: by field where its table is the exchange's, as bytes where it is anybody's.
struct ShownRecord: Encodable {
    let table: String
    let index: Int
    /// Nil for records of unknown shape.
    let fields: [String: Int64]?
    let bytes: String
    /// What a copy says of it; nil for a source's records.
    let copied: Copied?

    struct Copied: Encodable {
        let epoch: UInt64
        let isSealed: Bool
        let isFromJournal: Bool
    }

    private let names: [String]

    private enum CodingKeys: CodingKey { case table, index, fields, bytes, copied }

    init(table: String, index: Int, payload: [UInt8], copied: Copied? = nil) {
        self.table = table
        self.index = index
        self.copied = copied
        bytes = payload.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
        let pairs = Self.fields(table, index, payload)
        names = pairs?.map(\.0) ?? []
        fields = pairs.map { Dictionary(uniqueKeysWithValues: $0) }
    }

    func text(on terminal: Terminal) -> String {
        let head = "\(table)[\(index)]\(copied.map { "  \($0.text(on: terminal))" } ?? "")"
        if let fields { return head + "  " + names.map { "\($0) \(fields[$0] ?? 0)" }.joined(separator: ", ") }
        let rows = stride(from: 0, to: bytes.count, by: 64).map { start in
            let row = bytes.dropFirst(start).prefix(64)
            return "  \(padded("\(start / 2)", 5))  \(row)"
        }
        return ([head] + rows).joined(separator: "\n")
    }

    private static func fields(_ table: String, _ index: Int, _ payload: [UInt8]) -> [(String, Int64)]? {
        func load<Record: BitwiseCopyable>(_ type: Record.Type) -> Record? {
            payload.count == MemoryLayout<Record>.size ? payload.withUnsafeBytes { $0.loadUnaligned(as: type) } : nil
        }
        switch table {
        case CallRecord.tableName:
            guard let call = load(CallRecord.self) else { return nil }
            return [
                ("up", Int64(call.isUp)), ("trunk", Int64(call.trunk)), ("payer", Int64(call.payer)),
                ("payee", Int64(call.payee)),
                ("charge", call.charge), ("sequence", Int64(bitPattern: call.sequence)),
                ("whole", call.isWhole(at: index) ? 1 : 0),
            ]
        case TrunkRecord.tableName:
            guard let trunk = load(TrunkRecord.self) else { return nil }
            return [
                ("busy", Int64(bitPattern: trunk.busy)), ("seized", Int64(bitPattern: trunk.seized)),
                ("released", Int64(bitPattern: trunk.released)),
            ]
        case AccountRecord.tableName:
            guard let account = load(AccountRecord.self) else { return nil }
            return [("balance", account.balance), ("transfers", Int64(bitPattern: account.transfers))]
        default: return nil
        }
    }
}

extension ShownRecord.Copied {
    init(_ record: CopyInspection.Record) {
        self.init(epoch: record.epoch, isSealed: record.isSealed, isFromJournal: record.isFromJournal)
    }

    fileprivate func text(on terminal: Terminal) -> String {
        let seal = isSealed ? "sealed" : terminal.styled("its seal does not match", .red)
        return "(epoch \(epoch)\(isFromJournal ? ", from the journal" : ""), \(seal))"
    }
}
