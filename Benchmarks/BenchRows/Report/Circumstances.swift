/// Where, when and of what state a report is.
public struct Circumstances: Sendable {
    public let machine: Machine
    /// `git describe` of the tree that this program was built in, with `-dirty` for one that is not as committed. Nil
    /// where there is no git, or no tree.
    public let commit: String?
    /// When the row began, as in 2026-11-28T04:40:00Z.
    public let date: String
    /// What other programs took while the row ran.
    public internal(set) var otherLoad: OtherLoad?

    package static func now() -> Circumstances {
        Circumstances(machine: .this, commit: Commit.described, date: WallTime.text(), otherLoad: nil)
    }
}

extension Circumstances: CustomStringConvertible {
    public var description: String { "\(date.prefix(10)), \(commit ?? "commit not known"), \(machine)" }
}

extension Circumstances: Codable {
    private enum Key: String, CodingKey { case machine, commit, date, otherLoad }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        machine = try container.decode(Machine.self, forKey: .machine)
        commit = try container.decode(String?.self, forKey: .commit)
        date = try container.decode(String.self, forKey: .date)
        otherLoad = try container.decode(OtherLoad?.self, forKey: .otherLoad)
    }

    /// Every key is there; what is not known is null.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(machine, forKey: .machine)
        try container.encode(commit, forKey: .commit)
        try container.encode(date, forKey: .date)
        try container.encode(otherLoad, forKey: .otherLoad)
    }
}
