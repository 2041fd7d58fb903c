/// What an audit found: figures, and what contradicts the workload's invariants.
struct AuditReport: Encodable {
    let path: String
    var role = ""
    /// A copy: the cut its journal leads to, and what was replayed for it.
    var cut: UInt64?
    var cutsReplayed = 0
    var changesReplayed = 0
    /// The digest of all records, as hexadecimal digits: equal for a source at rest and a copy that holds its last cut.
    var digest = ""
    var records = 0
    var calls = 0
    var callsUp = 0
    /// Set-ups and releases in the life of the exchange.
    var transactions: UInt64 = 0
    var transfers: UInt64 = 0
    var acknowledgements = 0
    var violationCount = 0
    /// The first 20.
    private(set) var violations: [String] = []

    static let violationsShown = 20

    init(path: String) { self.path = path }

    var isClean: Bool { violationCount == 0 }

    mutating func violation(_ text: @autoclosure () -> String) {
        violationCount += 1
        if violations.count < Self.violationsShown { violations.append(text()) }
    }
}
