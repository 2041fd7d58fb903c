import ArgumentParser
import BenchRows
import Foundation

/// How a row is run, and how its report leaves the process.
struct SharedOptions: ParsableArguments {
    @Flag(help: "Print the figures as JSON.") var json = false
    @Flag(help: "Small and short, for a look: proves nothing.") var quick = false
    @Option(help: "Repetitions; each measures everything once, the baselines in between.") var repetitions: Int?
    @Option(help: "A folder on the disk that disk figures are of.") var disk: String?
    @Flag(inversion: .prefixedNo, help: "Compare source and copy at the end.") var verify = true

    func validate() throws {
        if let repetitions, repetitions < 1 { throw ValidationError("--repetitions must be 1 or more") }
    }

    func apply(to row: inout some BenchRow) {
        if quick { row.makeQuick() }
        row.common.host = replicatorProcess
        row.common.verifies = verify
        if quick { row.common.repetitions = 2 }
        if let repetitions { row.common.repetitions = repetitions }
        if let disk { row.common.disk = disk }
    }

    /// Runs one row and prints what it found.
    func show(_ row: some BenchRow) throws {
        let report = try row.run(.onStandardError(expectedSeconds: row.expectedSeconds))
        print(json ? try Document.json(of: report) : "\(report)\n")
        if report.exitStatus != 0 { throw ExitCode(report.exitStatus) }
    }
}

extension BenchProgress {
    /// Where it is not in the way of figures that go to a file.
    static func onStandardError(expectedSeconds: Double) -> BenchProgress {
        BenchProgress(expectedSeconds: expectedSeconds) { FileHandle.standardError.write(Data("\($0)\n".utf8)) }
    }
}

/// Reports as files.
enum Document {
    static func json(of value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func change(_ path: String, _ body: (String) throws -> String) throws {
        let text = try body(try String(contentsOfFile: path, encoding: .utf8))
        try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    }

    static func write(_ text: String, to path: String) throws {
        try Data((text + "\n").utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    }
}

/// This executable once more, as the replicator.
let replicatorProcess = FollowerHost.process(
    executable: (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        ?? CommandLine.arguments[0])

/// 4096, 64KiB, 1GiB.
struct ByteCount: ExpressibleByArgument {
    let value: Int

    init?(argument: String) {
        let digits = argument.prefix { $0.isNumber }
        let scale: [String: Int] = [
            "": 0, "b": 0, "k": 10, "kib": 10, "m": 20, "mib": 20, "g": 30, "gib": 30, "t": 40, "tib": 40,
        ]
        guard let number = Int(digits), number > 0,
            let shift = scale[argument.dropFirst(digits.count).trimmingCharacters(in: .whitespaces).lowercased()],
            number <= Int.max >> shift
        else { return nil }
        value = number << shift
    }
}
