internal import Foundation

/// Another program that keeps copies or commits, asked to do what Tandem does.
final class Peer {
    /// As in `redis`: the name of its program, and of its figures.
    let name: String
    /// As it calls itself, with its version.
    let version: String
    private let works: Set<String>
    private let conversation: Conversation

    static let names = ["fio", "qemu", "redis", "mnesia", "lmdb", "sqlite"]
    /// Those that find records by their keys.
    static let finders = ["redis", "lmdb", "hash"]

    /// - Parameters:
    ///   - bytes: what its records take together.
    ///   - scale: 1 for as many operations as a figure needs, less for a look.
    /// - Throws: why it is not there.
    init(_ name: String, in folder: String, bytes: Int, disk: String, scale: Double) throws {
        self.name = name
        let path = "\(folder)/\(name)"
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw BenchError("\(path) is not there: build the peers' programs with `make peers`, and see what it says")
        }
        conversation = try Conversation(path, ["\(bytes)", disk, "\(scale)"])
        do {
            version = try Self.expect("version", conversation.line(within: 60)).joined(separator: " ")
            works = Set(try Self.expect("ready", conversation.line(within: 300)))
        } catch {
            conversation.end()
            throw error
        }
    }

    /// The numbers that a work came to; nil for one that it does not do.
    func perform(_ work: String) throws -> [Double]? {
        guard works.contains(work) else { return nil }
        try conversation.ask(work)
        let words = try Self.expect(work, conversation.line(within: 180))
        let numbers = words.compactMap { Double($0) }
        guard !numbers.isEmpty, numbers.count == words.count else {
            throw BenchError("\(name) answered '\(words.joined(separator: " "))' to \(work): numbers are expected")
        }
        return numbers
    }

    func end() { conversation.end() }

    /// What follows `word` in a line. `missing` and `failed` begin the reason why there is no such line.
    private static func expect(_ word: String, _ line: String) throws -> [String] {
        let words = line.split(separator: " ").map { String($0) }
        if words.first == word { return Array(words.dropFirst()) }
        if words.first == "missing" || words.first == "failed" {
            throw BenchError(words.dropFirst().joined(separator: " "))
        }
        throw BenchError("it said '\(line)' where '\(word) …' was expected")
    }
}
