import TandemCore
import Testing

@Suite("CopyPhase: the moves of a copy's life")
struct CopyPhaseTests {
    private static let all: [CopyPhase] = [
        .offline(retry: 7), .probing, .formatting(beside: true), .beginning(.everything), .comparing, .bulkCopying,
        .settling(from: 7), .publishing,
        .catchingUp, .inSync, .healing, .refused(retry: 7),
    ]

    /// Where each phase may lead, besides *offline*, which every phase may.
    private static let moves: [String: Set<String>] = [
        "offline": ["probing"],
        "refused": ["probing"],
        "probing": ["formatting", "beginning", "comparing", "catchingUp", "refused"],
        "formatting": ["bulkCopying", "beginning"],
        "beginning": ["bulkCopying", "comparing"],
        "comparing": ["settling", "beginning", "formatting"],
        "bulkCopying": ["settling", "publishing", "beginning"],
        "settling": ["publishing", "beginning", "formatting"],
        "publishing": ["inSync"],
        "catchingUp": ["inSync", "formatting", "beginning"],
        "inSync": ["formatting", "beginning", "healing"],
        "healing": ["inSync", "formatting", "beginning"],
    ]

    @Test("Each phase leads where the table says, and nowhere else", arguments: all)
    func moves(from phase: CopyPhase) throws {
        let expected = try #require(Self.moves[phase.word])
        let found = Set(Self.all.filter { phase.canMove(to: $0) }.map(\.word))
        #expect(found == expected.union(["offline"]))
    }

    @Test("What stands in a phase does not decide where it leads")
    func values() {
        #expect(CopyPhase.probing.canMove(to: .formatting(beside: false)))
        #expect(CopyPhase.formatting(beside: false).canMove(to: .bulkCopying))
        #expect(CopyPhase.beginning(.missed).canMove(to: .bulkCopying))
        #expect(CopyPhase.beginning(.different).canMove(to: .comparing))
        #expect(CopyPhase.bulkCopying.canMove(to: .settling(from: 0)))
        #expect(CopyPhase.offline(retry: .max).canMove(to: .probing))
    }

    @Test("The table names each phase once")
    func whole() {
        #expect(Self.all.count == Self.moves.count)
        #expect(Set(Self.all.map(\.word)) == Set(Self.moves.keys))
    }

    @Test("People see four states of the twelve phases")
    func names() {
        let names = Self.all.map { ($0.word, "\($0.name)") }
        for (phase, name) in names {
            switch phase {
            case "offline", "probing": #expect(name == "offline", "\(phase)")
            case "inSync", "refused": #expect(name == phase)
            default: #expect(name == "syncing", "\(phase)")
            }
        }
        // A file that is being laid out is no copy yet.
        #expect(CopyPhase.formatting(beside: false).name == .offline)
    }
}

extension CopyPhase {
    /// The case without its values. Exhaustive: a new phase has to be named here, and in the table.
    fileprivate var word: String {
        switch self {
        case .offline: "offline"
        case .probing: "probing"
        case .formatting: "formatting"
        case .beginning: "beginning"
        case .comparing: "comparing"
        case .bulkCopying: "bulkCopying"
        case .settling: "settling"
        case .publishing: "publishing"
        case .catchingUp: "catchingUp"
        case .inSync: "inSync"
        case .healing: "healing"
        case .refused: "refused"
        }
    }
}
