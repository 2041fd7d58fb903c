internal import Foundation

/// Counts the machine instructions of hot paths. The same program on the same data takes the same ones, whatever else
/// the machine does.
package struct Callgrind {
    private let executable: String

    /// - Throws: what to install.
    package init() throws {
        guard let found = ChildProcess.find("valgrind") else {
            throw BenchError(
                """
                valgrind is not installed, and instructions are counted by it: install it (Debian: valgrind; \
                `make bench-check` does)
                """
            )
        }
        executable = found
    }

    /// Instructions a turn of each path that `program`, started with `arguments`, counts between marks.
    package func instructions(of program: String, _ arguments: [String]) throws -> [String: Double] {
        let scratch = try Scratch()
        let counts = scratch.path("counts")
        let child = try ChildProcess(
            executable,
            [
                "--tool=callgrind", "--quiet", "--callgrind-out-file=\(counts)", "--dump-before=\(HotPathCount.mark)",
                "--combine-dumps=no", program,
            ] + arguments, capturesOutput: true)
        let (status, output) = child.result()
        guard status == 0 else {
            throw BenchError(
                """
                the hot paths did not run under valgrind (status \(status)): \
                `valgrind --tool=callgrind \(program) \(arguments.joined(separator: " "))` shows why. An instruction \
                that valgrind does not know ends it with 132, debug information that it cannot read with 1
                """)
        }
        let paths = String(decoding: output, as: UTF8.self).split(separator: "\n").map { $0.split(separator: " ") }
        var found: [String: Double] = [:]
        for (number, path) in paths.enumerated() {
            // The first count is of all that came before the first mark; then path and preparation take turns.
            let total = try total(of: "\(counts).\(2 * number + 2)")
            guard path.count == 2, let turns = Double(path[1]) else {
                throw BenchError("'\(path.joined(separator: " "))' is no path and its turns")
            }
            found[String(path[0])] = total / turns
        }
        return found
    }

    private func total(of file: String) throws -> Double {
        let lines = TextFile.lines(file)
        guard let line = lines.first(where: { $0.hasPrefix("totals: ") || $0.hasPrefix("summary: ") }),
            let total = line.split(separator: " ").dropFirst().first.flatMap({ Double($0) })
        else { throw BenchError("callgrind wrote no total into \(file)") }
        return total
    }
}
