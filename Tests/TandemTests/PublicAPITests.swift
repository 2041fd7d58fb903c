import Foundation
import Testing

/// What a user of the library can name, listed: each line is meant, and each has a comment of its own.
///
/// `ACCEPT=1 swift test --filter PublicAPITests` writes the list anew.
@Suite("The public API is what Tests/PublicAPI/Tandem.api says")
struct PublicAPITests {
    private struct Graph: Decodable {
        struct Symbol: Decodable {
            struct Identifier: Decodable { let precise: String }
            struct Fragment: Decodable { let spelling: String }
            struct Comment: Decodable {
                struct Line: Decodable { let text: String }
                let lines: [Line]
            }
            let identifier: Identifier
            let pathComponents: [String]
            let declarationFragments: [Fragment]?
            let docComment: Comment?
        }
        let symbols: [Symbol]
    }

    private static let repository = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    private static let list = repository.appending(path: "Tests/PublicAPI/Tandem.api")
    /// Where this test was built.
    private static let build = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()

    /// Members that a protocol asks for: their meaning is the protocol's.
    private static let ofProtocols: Set<String> = [
        "==(_:_:)", "hash(into:)", "encode(to:)", "init(rawValue:)", "description", "hashValue", "rawValue",
    ]

    private static func symbols(of module: String) throws -> [Graph.Symbol] {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "tandem-api-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let tool = Process()
        tool.executableURL = URL(filePath: "/usr/bin/env")
        var arguments = [
            "swift-symbolgraph-extract", "-module-name", module, "-target", "x86_64-unknown-linux-gnu",
            "-I", build.appending(path: "Modules").path(), "-minimum-access-level", "public",
            "-skip-synthesized-members", "-skip-inherited-docs", "-output-dir", folder.path(),
        ]
        for shim in ["CTandemLayout", "CLinuxMemory", "CLinuxRing", "CLinuxNUMA"] {
            arguments += [
                "-Xcc", "-fmodule-map-file=\(build.appending(path: "\(shim).build/module.modulemap").path())",
                "-Xcc", "-I\(repository.appending(path: "CShims/\(shim)/include").path())",
            ]
        }
        let system = repository.appending(path: "CShims/CLibNBD/module.modulemap").path()
        arguments += ["-Xcc", "-fmodule-map-file=\(system)"]
        tool.arguments = arguments
        try tool.run()
        tool.waitUntilExit()
        try #require(tool.terminationStatus == 0, "swift-symbolgraph-extract of \(module) failed")
        // One file for the module, and one for each other module whose types it extends.
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        try #require(files.contains { $0.lastPathComponent == "\(module).symbols.json" })
        return try files.flatMap { try JSONDecoder().decode(Graph.self, from: Data(contentsOf: $0)).symbols }
    }

    private static func symbols() throws -> [Graph.Symbol] {
        try ["Tandem", "TandemTypes", "TandemTables"].flatMap(symbols)
    }

    private static func line(_ symbol: Graph.Symbol) -> String {
        let declaration = (symbol.declarationFragments ?? []).map(\.spelling).joined()
            .split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return "\(symbol.pathComponents.joined(separator: "."))  \(declaration)"
    }

    @Test("Nothing has become public, and nothing has gone, that the list does not say")
    func list() throws {
        let found = try Self.symbols().map(Self.line).sorted()
        if ProcessInfo.processInfo.environment["ACCEPT"] != nil {
            try Data((found.joined(separator: "\n") + "\n").utf8).write(to: Self.list)
        }
        let listed = try String(contentsOf: Self.list, encoding: .utf8).split(separator: "\n").map(String.init)
        let more = Set(found).subtracting(listed).sorted().map { "+ \($0)" }
        let less = Set(listed).subtracting(found).sorted().map { "- \($0)" }
        #expect(
            more.isEmpty && less.isEmpty,
            """
            \((less + more).joined(separator: "\n"))
            If this is meant: ACCEPT=1 swift test --filter PublicAPITests, and tell it in CHANGELOG.md.
            """)
    }

    @Test("Each public declaration has a comment of its own")
    func comments() throws {
        let silent = try Self.symbols()
            .filter { $0.docComment == nil && !Self.ofProtocols.contains($0.pathComponents.last!) }
            .map(Self.line).sorted()
        #expect(silent.isEmpty, "\(silent.joined(separator: "\n"))")
    }
}
