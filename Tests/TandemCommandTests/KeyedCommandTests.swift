import TandemTables
import TestSupport
import Testing

@testable import TandemCommand

@Suite("Keyed tables from the command line", .serialized)
struct KeyedCommandTests {
    private let scratch = Scratch(in: "/dev/shm")
    private var source: String { scratch.file("source") }

    private func run(_ words: String...) throws -> (status: Int32, output: String, errors: String) {
        let ended = try #require(Tool(words).wait(), "\(words) does not end")
        return (ended.status, ended.lines.joined(separator: "\n"), ended.errors)
    }

    @Test("A table that the command has made is filled by a program, looked at by key, and told of in status")
    func life() throws {
        let made = try run("create", source, "--keyed", "calls:16:8:100", "--table", "trunks:16:4")
        #expect(made.status == 0 && made.output.contains("calls.keys"), "\(made)")
        let file = try SourceDataFile.open(at: source)
        let calls = try file.keyedTable("calls", key: String.self, keyBytesMax: 16, of: UInt64.self)
        var writer = try file.makeWriter()
        try writer.transaction { change throws(TandemError) in
            _ = try change.insert(calls, key: "a84b4c76", 0x1122)
            _ = try change.insert(calls, key: "b", 7)
        }
        let shown = try run("inspect", source, "--table", "calls", "--key", "a84b4c76")
        #expect(shown.status == 0 && shown.output.contains("2211000000000000"), "\(shown)")
        let handle = try calls.find("a84b4c76")?.handle.description ?? "none"
        #expect(shown.output.contains(handle), "\(shown)")
        let bytes = try run("inspect", source, "--table", "calls", "--key", "0x62")
        #expect(bytes.status == 0 && bytes.output.contains("0700000000000000"), "\(bytes)")
        let missing = try run("inspect", source, "--table", "calls", "--key", "c")
        #expect(missing.status == 2 && missing.errors.contains("has no such key"), "\(missing)")
        let long = try run("inspect", source, "--table", "calls", "--key", "12345678901234567")
        #expect(long.status == 2 && long.errors.contains("at most 16"), "\(long)")
        let plain = try run("inspect", source, "--table", "trunks", "--key", "c")
        #expect(plain.status == 2 && plain.errors.contains("no table 'trunks.free' beside it"), "\(plain)")
        let status = try run("status", source)
        #expect(status.output.contains("keyed tables") && status.output.contains("of 100 keys"), "\(status)")
        let json = try run("status", source, "--json")
        #expect(json.output.contains(#""keyed":[{"#) && json.output.contains(#""keys":2"#), "\(json)")
    }

    @Test(
        "What is no keyed table is refused, and no file is made",
        arguments: [
            "calls:16:8", "calls:x:8:100", "calls:16:8:0", "calls:0:8:100", "calls:16:0:100", "calls:2000:8:100",
            "a-name-that-is-much-too-long:16:8:100",
        ])
    func refused(text: String) throws {
        let ended = try run("create", source, "--keyed", text)
        #expect(ended.status != 0 && !ended.errors.isEmpty, "\(ended)")
        #expect(scratch.names.isEmpty)
    }

    @Test("A key is text, or bytes as two digits each")
    func keys() throws {
        #expect(try KeyedArgument.key("ab") == [97, 98])
        #expect(try KeyedArgument.key("0x2a00ff") == [42, 0, 255])
        for wrong in ["0x2", "0xzz", "0x+1"] { #expect(throws: (any Error).self) { try KeyedArgument.key(wrong) } }
    }
}
