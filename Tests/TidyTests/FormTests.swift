import Testing

/// What a reader expects of every file, whatever is in it.
@Suite("The files' form")
struct FormTests {
    /// Places that break a rule, one a line.
    private func places(
        in files: [Repository.File], where isWrong: (_ file: Repository.File, _ line: Substring) -> Bool
    ) -> [String] {
        files.flatMap { file in
            file.lines.enumerated().filter { isWrong(file, $0.element) }.map { "\(file.path):\($0.offset + 1)" }
        }
    }

    @Test("The walk finds the repository's files")
    func found() {
        #expect(Repository.code.count > 250)
        for path in [
            "README.md", "Makefile", "Package.swift", "docs/ARCHITECTURE.md", "Tests/TidyTests/FormTests.swift",
        ] {
            #expect(Repository.file(path) != nil, "\(path)")
        }
    }

    /// Counted in characters, and only where there are more bytes than that: most lines are short.
    private static func isWide(_ line: Substring) -> Bool { line.utf8.count > 120 && line.count > 120 }

    @Test("Code, comments, scripts and models end at column 120")
    func columns() {
        let files = Repository.files.filter {
            $0.isOf(".swift", ".c", ".h", ".sh", ".pml", ".yml", "/init", "Makefile")
        }
        #expect(places(in: files) { Self.isWide($1) } == [])
    }

    @Test("Prose ends at column 120; tables and code in it may be longer")
    func prose() {
        var wide: [String] = []
        for file in Repository.files where file.isOf(".md") {
            var isCode = false
            for (number, line) in file.lines.enumerated() {
                if line.hasPrefix("```") { isCode.toggle() }
                if isCode || line.hasPrefix("|") || line.hasPrefix("    ") { continue }
                if Self.isWide(line) { wide.append("\(file.path):\(number + 1)") }
            }
        }
        #expect(wide == [])
    }

    @Test("No line ends in a space, none but the Makefile's begins with a tab, and every file ends with its last line")
    func spaces() {
        #expect(places(in: Repository.files) { $1.last == " " || $1.last == "\t" } == [])
        let tabbed = Repository.files.filter { !$0.isOf("Makefile", ".txt") }
        #expect(places(in: tabbed) { $1.hasPrefix("\t") } == [])
        #expect(Repository.files.filter { !$0.text.hasSuffix("\n") || $0.text.hasSuffix("\n\n") }.map(\.path) == [])
    }

    /// Longer than a reader keeps in mind, and why.
    private static let longFiles = [
        "Tests/TandemCoreTests/PromiseTests.swift": "the contract, read from top to bottom",
        "Tests/TandemTests/BadInputTable.swift": "a table: one row for each bad input",
        "Tests/TandemTests/Scribble.swift": "a table: one row for each word that is scribbled over",
        "CShims/CTandem/include/tandem.h": "what a C program includes, in one piece",
        "Tests/CProgram/calls.c": "the header's sentences, one function each, in one program",
        "Tests/CProgram/slots.c": "those on keyed tables and slots, likewise",
    ]

    @Test("A source file has at most 300 lines; those that have more are named, with the reason")
    func lengths() {
        let long = Set(Repository.code.filter { $0.lines.count > 301 }.map(\.path))
        #expect(long.subtracting(Self.longFiles.keys) == [])
        #expect(Self.longFiles.keys.filter { Repository.file($0) == nil } == [], "named, and not there")
    }

    @Test("A comment is a sentence with its subject first: none begins with Of")
    func subjects() {
        #expect(places(in: Repository.code) { $1.contains("/ Of ") && !$1.contains("\"") } == [])
    }
}
