import Glibc
import TestSupport
import Testing

@testable import TandemCommand

@Suite("Output that is not read, cannot be written, or does not fit", .serialized)
struct OutputTests {
    private let scratch = Scratch(in: "/dev/shm")
    private var source: String { scratch.file("source") }
    private var copy: String { scratch.file("copy") }

    private func create() {
        #expect(Tool.run("create", source, "--workload", "exchange", "--calls", "100")?.status == 0)
    }

    private func isInSync() -> Bool {
        Tool.until { Tool.run("status", source)?.output.contains("in sync") == true }
    }

    /// A pipe whose reader has gone.
    private func brokenPipe() -> Int32 {
        var ends: [Int32] = [-1, -1]
        pipe(&ends)
        close(ends[0])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return ends[1]
    }

    @Test("A replicator outlives the reader of its log and a hang-up, and stops as it is asked to")
    func replicatorLivesOn() {
        create()
        let pipe = brokenPipe()
        defer { close(pipe) }
        let replicator = Tool(["replicate", source, "--to", copy], output: pipe)
        #expect(isInSync())
        replicator.send(SIGHUP)
        usleep(300_000)
        #expect(replicator.isRunning && isInSync())
        replicator.send(SIGTERM)
        #expect(replicator.wait()?.status == 0)
    }

    @Test("A replicator whose log is not read for a while stops all the same when it is asked to")
    func sleepingReader() {
        create()
        var ends: [Int32] = [-1, -1]
        pipe(&ends)
        defer { for end in ends { close(end) } }
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        let piece = [UInt8](repeating: 10, count: 4096)
        while write(ends[1], piece, piece.count) > 0 {}
        _ = fcntl(ends[1], F_SETFL, 0)
        let replicator = Tool(["replicate", source, "--to", copy], output: ends[1])
        #expect(isInSync())
        replicator.send(SIGTERM)
        #expect(replicator.wait()?.status == 0)
    }

    @Test("Other commands end as quietly as the shell's own when their reader has gone")
    func quietEnd() {
        create()
        let pipe = brokenPipe()
        defer { close(pipe) }
        let ended = Tool.run("status", source, output: pipe)
        #expect(ended?.status == 128 + SIGPIPE && ended?.errors == "")
        #expect(Tool.run("--help", output: pipe)?.status == 128 + SIGPIPE)
    }

    @Test("A report that cannot be written is an error, whichever command it is")
    func full() {
        create()
        let replicator = Tool(["replicate", source, "--to", copy])
        #expect(isInSync())
        replicator.send(SIGTERM)
        #expect(replicator.wait()?.status == 0)
        let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
        defer { close(full) }
        for words in [
            ["check", copy], ["check", copy, "--json"], ["status", source], ["status", copy],
            ["inspect", source, "--table", "calls"], ["audit", source], ["verify", source, copy], ["--help"],
            ["create", scratch.file("other"), "--table", "a:8:8"], ["load", source, "--seconds", "0.1"],
            ["promote", copy],
        ] {
            let ended = Tool(words, output: full).wait()
            #expect(ended?.status == 2 && ended?.errors.contains("standard output: it cannot be written") == true)
        }
    }

    @Test("On a narrow terminal a watched status loses nothing of its lines")
    func watch() {
        create()
        let terminal = PseudoTerminal(columns: 60, rows: 60)
        let tool = Tool(["status", source, "--watch"], output: terminal.inner, environment: ["TERM=xterm"])
        var text = ""
        #expect(
            Tool.until {
                text += terminal.take()
                return text.contains("missed")
            }, "\(text)")
        tool.send(SIGTERM)
        #expect(tool.wait()?.status == 0)
        let plain = Self.withoutEscapes(text)
        for line in plain.split(whereSeparator: \.isNewline) { #expect(line.count <= 60, "\(line)") }
        #expect(plain.filter { !$0.isWhitespace }.contains("tandemreplicate\(source)--toCOPY'"), "\(plain)")
    }

    @Test("On a narrow terminal a replicator's news are seen, however long the paths are")
    func news() {
        create()
        mkdir(scratch.file("a-directory-with-a-name-that-is-longer-than-anybody-needs"), 0o700)
        let long = scratch.file("a-directory-with-a-name-that-is-longer-than-anybody-needs/copy")
        defer { unlink(long) }
        let terminal = PseudoTerminal(columns: 80, rows: 24)
        let tool = Tool(["replicate", source, "--to", long], output: terminal.inner, environment: ["TERM=xterm"])
        var text = ""
        #expect(
            Tool.until {
                text += terminal.take()
                return text.contains("in sync (")
            }, "\(text)")
        tool.send(SIGTERM)
        #expect(tool.wait()?.status == 0)
        let news = Self.withoutEscapes(text).split(whereSeparator: \.isNewline).first { $0.contains("in sync (") }
        #expect(news.map { $0.prefix(80).contains("/copy in sync (") } == true, "\(text)")
    }

    private static func withoutEscapes(_ text: String) -> String {
        var isEscape = false
        return text.filter { character in
            if character == "\u{1B}" { isEscape = true }
            defer { if isEscape, character.isLetter { isEscape = false } }
            return !isEscape
        }
    }
}

@Suite("A command that meets what it does not expect", .serialized)
struct EncounterTests {
    private let scratch = Scratch(in: "/dev/shm")
    private var source: String { scratch.file("source") }

    @Test("A source that was renamed and then cut under a replicator ends it in words")
    func cutShort() {
        #expect(Tool.run("create", source, "--workload", "exchange", "--calls", "1000")?.status == 0)
        let replicator = Tool(["replicate", source, "--to", scratch.file("copy")])
        #expect(Tool.until { replicator.output.contains("in sync") })
        rename(source, scratch.file("away"))
        truncate(scratch.file("away"), 0)
        let ended = replicator.wait()
        #expect(ended?.status == 2)
        #expect(ended?.errors.contains("\(source): it was cut short while it was in use") == true, "\(ended!)")
    }

    @Test("A name with a line's end and an escape sequence in it is one line, and paints nothing")
    func oddNames() {
        let path = scratch.file("a\nb\u{1B}[31mc")
        let shown = scratch.path + #"/a\nb\u{1b}[31mc"#
        let missing = Tool.run("status", path)
        #expect(missing?.errors == "tandem: \(shown): it does not exist. Check the path.\n")
        let made = Tool.run("create", path, "--table", "a:8:8", "--writers", "1")
        #expect(made?.lines.first?.hasPrefix("\(shown): made") == true)
        #expect(Tool.run("status", path)?.lines.first?.hasPrefix("\(shown): source") == true)
        #expect(Tool.run("status", path, "--json")?.lines.count == 1)
    }

    @Test(
        "A source that does not fit is told what of it is undo room, that less of it helps, and what is free",
        .enabled(if: geteuid() == 0, "mounting a small file system needs root"))
    func createWithoutRoom() throws {
        let small = try #require(SmallMemory(at: scratch.file("small"), bytes: 1 << 20))
        let text = Tool.run("create", small.file("new"), "--table", "a:8:8")?.errors ?? ""
        #expect(text.contains("it needs 65 MiB, and 1 MiB are free"), "\(text)")
        #expect(text.contains("65.0 MiB of it are undo room: with a smaller --undo"))
    }

    @Test("What a copy may be to be checked, it may be to be looked at: open to others, or on a read-only disk")
    func readOnly() {
        let copy = scratch.file("copy")
        #expect(Tool.run("create", source, "--workload", "exchange", "--calls", "100")?.status == 0)
        let replicator = Tool(["replicate", source, "--to", copy])
        #expect(Tool.until { replicator.output.contains("in sync") })
        replicator.send(SIGTERM)
        _ = replicator.wait()
        for path in [copy, source] { chmod(path, 0o444) }
        #expect(Tool.run("check", copy)?.status == 0)
        for path in [copy, source] {
            #expect(Tool.run("status", path)?.status == 0)
            #expect(Tool.run("inspect", path, "--table", "calls")?.status == 0)
        }
        chmod(copy, 0o600)
        truncate(copy, Int(scratch.byteCount("copy")) - 4096)
        let short = Tool.run("status", copy)?.errors ?? ""
        #expect(short.contains("use another copy") && !short.contains("promote the copy instead"), "\(short)")
    }
}

@Suite("Lines and names")
struct LineTests {
    @Test func namesAreShownWithoutWhatMovesTheCursor() {
        #expect("/dev/shm/ä b".shown == "/dev/shm/ä b")
        #expect("a\nb\t\u{7}\u{202E}".shown == #"a\nb\t\u{7}\u{202e}"#)
    }

    @Test func longNamesKeepTheirEnds() {
        #expect("/dev/shm/exchange".shortened(to: 17) == "/dev/shm/exchange")
        #expect("/dev/shm/exchange".shortened(to: 12) == "/dev…xchange")
        #expect("/dev/shm/exchange".shortened(to: 12).count == 12)
        #expect("/dev/shm/exchange".shortened(to: -5).count == 9)
    }

    @Test func linesAreFoldedBetweenWords() {
        #expect(Terminal.fold("", to: 10) == [""])
        #expect(Terminal.fold("  one two", to: 10) == ["  one two"])
        #expect(Terminal.fold("one two three", to: 9) == ["one two", "    three"])
        #expect(Terminal.fold("  a  /very/long/path", to: 10) == ["  a  /very", "     /long", "     /path"])
        #expect(Terminal.fold("\u{1B}[31mone\u{1B}[0m two", to: 8) == ["\u{1B}[31mone\u{1B}[0m two"])
        for columns in 1 ... 30 {
            let rows = Terminal.fold("    some words and/a/path/that/is/long and more", to: columns)
            #expect(rows.allSatisfy { $0.count <= max(columns, 8) }, "\(rows)")
            #expect(
                rows.joined().filter { $0 != " " } == "somewordsand/a/path/that/is/longandmore", "\(columns): \(rows)")
        }
    }
}
