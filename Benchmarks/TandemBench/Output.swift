import ArgumentParser
import BenchRows
import Foundation

/// How a row's report leaves the process.
struct Output: ParsableArguments {
    @Flag(help: "Print the figures as JSON.") var json = false

    func show(_ report: Report) throws {
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            encoder.nonConformingFloatEncodingStrategy = .convertToString(
                positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
            print(String(decoding: try encoder.encode(report), as: UTF8.self))
        } else {
            print(report)
            print()
        }
        if report.exitStatus != 0 { throw ExitCode(report.exitStatus) }
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
