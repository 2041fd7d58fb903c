/// What became of a source that was made a copy where it lies.
public struct DemotionReport: Sendable, Encodable {
    /// The source, which is a copy now.
    public let path: String
    /// 32 hexadecimal digits: the life that has ended.
    public let generation: String
    /// It was a copy already: an earlier demotion had been stopped half-way, or nothing had come since.
    public let wasDemoted: Bool
    /// The last cut that any of its copies is known to have had. What was committed later is given up, unless the new
    /// source has it.
    public let cut: UInt64
    /// E, as it stood: cuts up to the one before it may have been made.
    public let epoch: UInt64
    /// Pages that were changed since, or that one of its copies lacked.
    public let changedPages: Int
    /// Its length: tables, journal and a page.
    public let byteCount: Int
    /// How long it took.
    public let milliseconds: Double
}
