import CLinuxTrace
import Glibc
import Testing

/// Every 11th kill point; `make killpoints` takes them all.
@Suite struct KillPointTests {
    /// Optimised, as its write path is then inlined into it, as in programs. `make test` builds it and says where it
    /// is.
    static let program = getenv("KILLPOINTS").map { String(cString: $0) }

    @Test(
        "P4: a writer killed after a machine instruction, any, is recovered by whoever comes first",
        .enabled(if: trace_allowed() == 0, "a child process cannot be traced here"),
        .enabled(if: program != nil, "KILLPOINTS does not name the program: run make test"))
    func everyEleventh() throws {
        let pipe = try #require(popen("'\(Self.program!)' --every 11 2>&1", "r"))
        var output = ""
        var line = [CChar](repeating: 0, count: 1024)
        while fgets(&line, 1024, pipe) != nil {
            output += String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
        #expect(pclose(pipe) == 0, "\(output)")
        #expect(output.contains("\nall "), "\(output)")
    }
}
