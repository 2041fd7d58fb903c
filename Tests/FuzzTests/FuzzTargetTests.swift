import FuzzTargets
import Glibc
import Testing

/// Each target in a process of its own with an alarm clock, so that a trap or a hang is this target's and no other's.
/// The last line that it has written names the input.
@Suite("The fuzzers' targets, without a fuzzer", .serialized)
struct FuzzTargetTests {
    @Test("Inputs that once found a bug find none any more", arguments: FuzzTargetName.allCases)
    func corpus(_ target: FuzzTargetName) async {
        guard !NamedInput.corpus(of: target).isEmpty else { return }
        let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent], "\(target)") {
            [name = target.rawValue as String] in
            let target = FuzzTargetName(rawValue: name)!
            _ = try run(NamedInput.corpus(of: target), target)
        }
        tellEnd(of: result)
    }

    @Test("Some hundred inputs of each find nothing, and get deep", arguments: FuzzTargetName.allCases)
    func seeds(_ target: FuzzTargetName) async {
        let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent], "\(target)") {
            [name = target.rawValue as String] in
            let target = FuzzTargetName(rawValue: name)!
            let inputs = NamedInput.seeded(400, of: target)
            let deep = try run(inputs, target)
            precondition(
                deep >= inputs.count / 10, "only \(deep) of \(inputs.count) inputs got past checksums and sizes")
        }
        tellEnd(of: result)
    }

    @Test("There are inputs that once found a bug of journal, source, hostile and standby")
    func corpusIsThere() {
        let targets = FuzzTargetName.allCases.filter { !NamedInput.corpus(of: $0).isEmpty }
        #expect(targets == [.journal, .source, .hostile, .standby])
    }

    @Test("What an input does is told in words")
    func told() throws {
        var lines: [String] = []
        let input = try #require(NamedInput.corpus(of: .journal).first { $0.name == "counts-too-many" })
        try input.bytes.withUnsafeBytes { raw in
            _ = try FuzzTargetName.journal.type.init().run(FuzzInput(raw) { lines.append($0) })
        }
        #expect(lines.contains { $0.contains("cut 1 with 3 changes") })
        #expect(lines.contains { $0.contains("count becomes") })
    }
}

/// - Returns: how many got past checksums and sizes.
private func run(_ inputs: [NamedInput], _ name: FuzzTargetName) throws -> Int {
    alarm(120)
    let target = name.type.init()
    var deep = 0
    for input in inputs {
        say("\(name), \(input.name): \(input.bytes)")
        let isDeep = try input.bytes.withUnsafeBytes { raw in
            do throws(Finding) { return try target.run(FuzzInput(raw)) } catch {
                say("does not hold: \(error)")
                throw error
            }
        }
        if isDeep { deep += 1 }
    }
    return deep
}

private func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = bytes.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
}

/// What a process that failed has written last.
private func tellEnd(of result: ExitTest.Result?) {
    guard let result, result.exitStatus != .exitCode(0) else { return }
    print(String(decoding: result.standardErrorContent.suffix(3000), as: UTF8.self))
}
