/// What recovering a copy found: the paper that comes with a promotion, or with a check.
public struct Certificate: Sendable, Encodable {
    /// One table of it.
    public struct Table: Sendable, Encodable {
        /// As in the schema.
        public let name: String
        /// Its capacity.
        public let records: Int
        /// Records that were changed at least once, by the certificate's cut.
        public internal(set) var changed: Int
        /// Records whose seal does not match, and that the journal does not replace.
        public internal(set) var damaged: Int
    }

    /// The copy.
    public let path: String
    /// Where the tables can be written now; nil after a check.
    public internal(set) var source: String?
    /// 32 hexadecimal digits: the new life after a promotion, the copy's own after a check.
    public internal(set) var generation: String
    /// The generation before it; nil if there is none.
    public internal(set) var ancestor: String?
    /// Whether the copy is some cut, whole.
    public internal(set) var isConsistent: Bool
    /// Its source stood still behind the copy's last cut, and had nothing more.
    public internal(set) var isHandedOver: Bool
    /// The last whole cut: all transactions whose epoch is not above it, and no other.
    public internal(set) var cut: UInt64
    /// Seconds between the cut's end and now, by the wall clock; nil if the copy does not say.
    public internal(set) var cutAgeSeconds: Double?
    /// In the order of the schema.
    public internal(set) var tables: [Table]
    /// Cuts of the journal that led to that cut; those that a standby had applied when they arrived are not among them.
    public internal(set) var cutsReplayed: Int
    /// Records that those cuts held.
    public internal(set) var changesReplayed: Int
    /// Records in the tables that carry the seal of their own contents.
    public internal(set) var sealsVerified: Int
    /// Those of them that a standby had verified when they arrived, and that were not looked at again.
    public internal(set) var verifiedOnArrival: Int
    /// What is wrong with it, or was lost; empty for a sound copy.
    public internal(set) var problems: [String]
    /// How long it took.
    public internal(set) var milliseconds: Double

    /// Sound and whole: `promote` will take it without `--force`.
    public var isPromotable: Bool { isConsistent && problems.isEmpty }
}
