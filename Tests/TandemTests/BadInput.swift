import Tandem
import Testing

/// One bad input: how it is made, who meets it, and what must come of it.
struct BadInput: Sendable, CustomTestStringConvertible {
    enum Outcome: Sendable {
        /// The call fails with this code, and the error's text holds this.
        case error(TandemError.Code, String)
        /// The replicator says this in its log and leaves the file alone.
        case told(String)
        /// Nothing is wrong enough to refuse it.
        case accepted
    }

    let name: String
    let doors: [EntryPoint]
    let outcome: Outcome
    /// Why it cannot be tried here; nil when it can.
    let obstacle: String?
    let make: @Sendable (FixtureFiles) throws -> Void

    init(
        _ name: String, _ doors: EntryPoint..., outcome: Outcome, obstacle: String? = nil,
        make: @escaping @Sendable (FixtureFiles) throws -> Void = { _ in }
    ) {
        self.name = name
        self.doors = doors
        self.outcome = outcome
        self.obstacle = obstacle
        self.make = make
    }

    var testDescription: String { name }
}

/// P6: bad input gets a clear error. A foreign, truncated, corrupt, stale or hostile file is refused by name, never
/// repaired, never overwritten, never a crash.
@Suite("P6: bad input gets a clear error", .serialized)
struct BadInputTests {
    @Test(
        "P6: a bad file, argument or surrounding is refused in words, and no file is changed",
        arguments: BadInput.table.filter { $0.obstacle == nil })
    func refused(_ input: BadInput) throws {
        for door in input.doors {
            let station = try FixtureFiles()
            try input.make(station)
            let before = station.snapshot(besides: door.mayChange)
            let place = "\(input.name), met by \(door.name)"
            do {
                try door.enter(station)
                if case .accepted = input.outcome { continue }
                Issue.record("\(place): no error")
            } catch let error as TandemError {
                guard case .error(let code, let text) = input.outcome else {
                    Issue.record("\(place): \(error)")
                    continue
                }
                #expect(error.code == code, "\(place): code \(error.code.rawValue), \(error)")
                expectWords(error.description, text, place)
            } catch let error as LoggedRefusal {
                switch input.outcome {
                case .told(let text): expectWords(error.text, text, place)
                case .error(_, let text): expectTold(error.text, text, place)
                case .accepted: Issue.record("\(place): \(error.text)")
                }
            }
            if case .accepted = input.outcome { continue }
            #expect(station.snapshot(besides: door.mayChange) == before, "\(place): a file was changed")
        }
    }

    private static let untried = BadInput.table.filter { $0.obstacle != nil }

    @Test(
        "P6: every input of the table can be tried here",
        .disabled(
            if: !untried.isEmpty,
            Comment(rawValue: untried.map { "\($0.name): \($0.obstacle!)" }.joined(separator: "; "))))
    func allTried() { #expect(Self.untried.isEmpty) }

    /// A replicator names its copy and says that it is refused, where an error begins with the file.
    private func expectTold(_ found: String, _ text: String, _ place: String) {
        guard !found.contains(text), let colon = text.firstRange(of: ": ") else {
            return expectWords(found, text, place)
        }
        #expect(found.contains("\(text[..<colon.lowerBound]) refused ("), "\(place): \(found)")
        expectWords(found, String(text[colon.upperBound...]), place)
    }

    private func expectWords(_ found: String, _ text: String, _ place: String) {
        #expect(found.contains(text), "\(place): \(found)")
        // What or where, what is wrong, and what to do.
        #expect(found.contains(". ") || found.contains(": "), "\(place) says too little: \(found)")
    }

    @Test("The table is as long as promised, and names each input once")
    func table() {
        #expect(BadInput.table.count + Scribble.table.count >= 60)
        #expect(Set(BadInput.table.map(\.name)).count == BadInput.table.count)
        #expect(Set(Scribble.table.map(\.name)).count == Scribble.table.count)
    }
}
