/// What recovering a copy found: the paper that comes with a promotion, or with a check.
public struct Certificate: Sendable, Encodable {
    public struct Table: Sendable, Encodable {
        public let name: String
        public let records: Int
        /// Records that were changed at least once.
        public internal(set) var changed: Int
        public internal(set) var damaged: Int
    }

    public let path: String
    /// Where the tables can be written now; nil after a check.
    public internal(set) var source: String?
    public internal(set) var generation: String
    public internal(set) var ancestor: String?
    /// Whether the copy is some cut, whole.
    public internal(set) var isConsistent: Bool
    public internal(set) var cut: UInt64
    /// Seconds between the cut's end and now, by the wall clock; nil if the copy does not say.
    public internal(set) var cutAgeSeconds: Double?
    public internal(set) var tables: [Table]
    public internal(set) var cutsReplayed: Int
    public internal(set) var changesReplayed: Int
    public internal(set) var sealsVerified: Int
    /// What is wrong with it, or was lost; empty for a sound copy.
    public internal(set) var problems: [String]
    public internal(set) var milliseconds: Double

    /// Sound and whole: `promote` will take it without `--force`.
    public var isPromotable: Bool { isConsistent && problems.isEmpty }
}
