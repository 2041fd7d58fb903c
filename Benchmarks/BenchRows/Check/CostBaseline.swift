/// What hot paths cost when somebody last accepted it: a file that people read too.
package struct CostBaseline: Equatable {
    /// Whose ratios they are: another processor's say nothing of this one's.
    package var processor: String
    package var instructions: [String: Double] = [:]
    package var ratios: [String: Double] = [:]

    package init(processor: String) { self.processor = processor }

    /// - Throws: the line that is none.
    package init(parsing text: String) throws {
        processor = ""
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
            guard words.count == 2 else { throw BenchError("a baseline's line is not understood: \(line)") }
            let rest = words[1].drop { $0 == " " }
            if words[0] == "processor" {
                processor = String(rest)
                continue
            }
            let pair = rest.split(separator: " ")
            guard pair.count == 2, let value = Double(pair[1]), value > 0 else {
                throw BenchError("a baseline's line is not understood: \(line)")
            }
            switch words[0] {
            case "instructions": instructions[String(pair[0])] = value
            case "ratio": ratios[String(pair[0])] = value
            default: throw BenchError("a baseline's line is not understood: \(line)")
            }
        }
    }

    /// The ratios of one more measurement: of two, the faster one was disturbed less.
    package mutating func addFastest(_ measured: [(name: String, ratio: Double)]) {
        for (name, ratio) in measured { ratios[name] = min(ratios[name] ?? .infinity, ratio) }
    }

    package var text: String {
        func lines(_ kind: String, _ costs: [String: Double]) -> [String] {
            costs.sorted { $0.key < $1.key }.map { name, value in
                "\(kind) \(name) \((value * 100).rounded() / 100)"
            }
        }
        return
            ([
                "# What a turn of each hot path costs: machine instructions, as callgrind counts them, and its time",
                "# beside the same work without Tandem, on this processor. Written by `make bench-check ACCEPT=1`.",
                "processor \(processor)",
            ] + lines("instructions", instructions) + lines("ratio", ratios)).joined(separator: "\n") + "\n"
    }
}
