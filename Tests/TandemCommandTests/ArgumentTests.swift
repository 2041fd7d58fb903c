import ArgumentParser
import Tandem
import Testing

@testable import TandemCommand

@Suite("The command line")
struct ArgumentTests {
    private func refusal(_ words: [String]) -> String {
        do {
            _ = try TandemTool.parseAsRoot(words)
            return "accepted"
        } catch {
            return TandemTool.message(for: error)
        }
    }

    @Test func refusesBadInputWithTheReason() {
        let cases: [([String], String)] = [
            (["create", "p"], "at least one --table"),
            (["create", "p", "--table", "a:1:1", "--workload", "exchange"], "not both"),
            (["create", "p", "--table", "a:1"], "NAME:BYTES:CAPACITY"),
            (["create", "p", "--table", "a:x:1"], "'x' is not a number of bytes"),
            (["create", "p", "--table", "a:1:y"], "'y' is not a number of records"),
            (["create", "p", "--table", "a:1:1:both"], "neither 'partitioned' nor 'shared'"),
            (["create", "p", "--table", "a:1:1", "--node", "x"], "'interleave' or the number"),
            (["create", "p", "--table", "a:1:1", "--writers", "0"], "above 0"),
            (["create", "p", "--workload", "exchange", "--journal", "0"], "such as 64M"),
            (["create", "p", "--workload", "exchange", "--journal", "64iB"], "such as 64M"),
            (["create", "p", "--workload", "exchange", "--journal", "65537G"], "such as 64M"),
            (["replicate", "p"], "--to"),
            (["replicate", "p", "--to", "q", "--cut-interval", "200"], "with its unit"),
            (["replicate", "p", "--to", "q", "--cut-interval", "0ms"], "not a time"),
            (["replicate", "p", "--to", "q", "--io", "magic"], "uring"),
            (["standby"], "the path of the copy"),
            (["standby", "p"], "either --listen or --unix"),
            (["standby", "p", "--listen", "h:1", "--unix", "s"], "either --listen or --unix"),
            (["standby", "p", "--listen", "h:x"], "no number from 1 to 65535"),
            (["standby", "p", "--listen", "h:+1"], "no number from 1 to 65535"),
            (["standby", "p", "--listen", "h:"], "its port is missing"),
            (["standby", "p", "--listen", "::1"], "[ADDRESS]:PORT"),
            (["standby", "p", "--listen", "[::1"], "its '[' has no ']'"),
            (["standby", "p", "--listen", "h:1", "--secret", "s", "--insecure"], "either --secret or --insecure"),
            (["standby", "p", "--unix", "s", "--name", "a?b"], "--name NAME"),
            (["standby", "p", "--new-secret", "s"], "--new-secret alone"),
            (["load", "p", "--processes", "0"], "above 0"),
            (["load", "p", "--seconds", "nan"], "above 0"),
            (["load", "p", "--workload", "chess"], "exchange"),
            (["load", "p", "--processes", "2", "--worker", "2"], "no worker 2"),
            (["inspect", "p", "--table", "t", "--range", "5..<5"], "range of indices"),
            (["inspect", "p", "--table", "t", "--range", "0.."], "in quotes, as the shell takes < for itself"),
            (["inspect", "p", "--table", "t", "--record=-1"], "an index from 0"),
            (["inspect", "p", "--table", "t", "--range", "0..<1", "--record", "1"], "not more than one"),
            (["inspect", "p", "--table", "t", "--record", "-1"], "an index from 0"),
            (["inspect", "p", "--table", "t", "--range", "-3...5"], "range of indices"),
            (["create", "p", "--table", "a:1:1", "--writers", "-5"], "above 0"),
            (["create", "p", "--table", "a:1:1", "--journal", "-64M"], "such as 64M"),
            (["replicate", "p", "--to", "q", "--cpu", "-1"], "the number of a processor"),
            (["replicate", "p", "--to", "q", "--cut-interval", "-1ms"], "not a time"),
            (["load", "p", "--seconds", "-1"], "above 0"),
            (["load", "p", "--rate", "-1"], "above 0"),
            (["demo", "--calls", "-1"], "above 0"),
            (["inspect", "p"], "--table"),
            (["demo", "--calls", "1"], "at least 2"),
            (["demo", "--seconds", "0"], "above 0"),
            (["nonsense"], "nonsense"),
        ]
        for (words, reason) in cases {
            let text = refusal(words)
            #expect(text.contains(reason), "\(words): '\(text)' should speak of '\(reason)'")
        }
    }

    @Test func readsGoodInput() throws {
        #expect(
            try Arguments.table("calls:240:1_000:partitioned")
                == TableDefinition(name: "calls", payloadBytes: 240, capacity: 1000, sharing: .partitioned))
        #expect(try Arguments.table("t:8:2").sharing == .shared)
        #expect(try Arguments.duration("200us") == .microseconds(200))
        #expect(try Arguments.duration("0.5s") == .milliseconds(500))
        #expect(try Arguments.range("3..<7") == 3 ..< 7 && Arguments.range("3...7") == 3 ..< 8)
        #expect(try Arguments.node("1") == .number(1))
        #expect(
            try ["4096", "64K", "64KiB", "1M", "1GiB"].map(Arguments.size) == [
                4096, 64 << 10, 64 << 10, 1 << 20, 1 << 30,
            ])
    }

    /// Help is where a new user starts: each command has an example of its own that fits on a line, and says what the
    /// shell is told.
    @Test func everyCommandHasAnExample() {
        for command in TandemTool.configuration.subcommands {
            let configuration = command.configuration
            #expect(configuration.discussion.contains("tandem \(configuration.commandName ?? "?") "), "\(command)")
            #expect(!configuration.abstract.isEmpty)
            #expect(configuration.discussion.contains("Exit status: 0 "), "\(command)")
            for line in configuration.discussion.split(separator: "\n") where line.hasPrefix("  ") {
                #expect(line.count < 80, "a wrapped example cannot be copied: \(line)")
                // The shell would take what follows for a file.
                #expect(!line.contains("<") || line.contains("'"), "\(line)")
            }
        }
    }
}

@Suite("Figures and lines")
struct TerminalTests {
    @Test func figures() {
        #expect(Figures.count(1, "seal") == "1 seal" && Figures.count(1000, "seal") == "1,000 seals")
        #expect(Figures.byteRate(1536) == "1.50 KiB/s" && Figures.byteRate(.infinity) == "inf TiB/s")
        #expect(Figures.count(1_234_567) == "1,234,567" && Figures.count(-12) == "-12" && Figures.count(0) == "0")
        #expect(Figures.bytes(1536) == "1.50 KiB" && Figures.bytes(12) == "12 B")
        #expect(Figures.rate(1_250_000) == "1.25 M/s")
        #expect(Figures.duration(nanoseconds: 312_000) == "312 µs" && Figures.duration(seconds: 125) == "2 min 5 s")
    }

    @Test func bar() {
        #expect(
            Progress.bar(0, cells: 4) == "░░░░" && Progress.bar(1, cells: 4) == "████"
                && Progress.bar(0.5, cells: 4) == "██░░")
        #expect(Progress.bar(7, cells: 4) == "████")
        for eighth in 0 ... 32 { #expect(Progress.bar(Double(eighth) / 32, cells: 4).count == 4) }
    }

    @Test func progressEstimates() {
        var progress = Progress()
        let start = Instant.now
        progress.note(0, at: start)
        progress.note(50, at: start + 1)
        #expect(progress.rate == 50)
        #expect(progress.text(1.0 / 3, left: 2, bar: false) == " 33 %      50.0/s  2 s left")
        #expect(progress.text(1.0 / 3, left: nil, bar: false).hasSuffix("time left unknown"))
        progress.note(10, at: start + 1.5)
        #expect(progress.rate == 0, "it began again")
    }

    @Test func cutLinesKeepTheirStyles() {
        #expect(Terminal.cut("abc", to: 2) == "ab" && Terminal.cut("abc", to: 5) == "abc")
        #expect(Terminal.cut("a\u{1B}[31mbcd\u{1B}[0me", to: 2) == "a\u{1B}[31mb\u{1B}[0m")
    }

    @Test func columns() {
        var columns = Columns([.left, .right])
        columns.add("a", "1,000")
        columns.add("longer", "2")
        #expect(columns.lines() == ["  a       1,000", "  longer      2"])
    }
}
