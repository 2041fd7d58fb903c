import Foundation

/// The repository's own files, as a person reads them. Found by walking: a copy of the tree has no git.
enum Repository {
    struct File: CustomStringConvertible {
        /// From the repository's root.
        let path: String
        let text: String
        var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
        var description: String { path }

        func isOf(_ endings: String...) -> Bool { endings.contains { path.hasSuffix($0) } }
        func isIn(_ folders: String...) -> Bool { folders.contains { path.hasPrefix($0 + "/") } }
    }

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// Every text file that people write. Builds, downloads and the fuzzers' inputs are none.
    static let files: [File] = {
        let folders = ["Sources", "CShims", "Tests", "Benchmarks", "docs", ".ci", ".github"]
        let single = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "Makefile", "Package.swift"]
        let below = folders.flatMap { folder in
            (FileManager.default.enumerator(atPath: "\(root)/\(folder)")?.allObjects as? [String] ?? [])
                .map { "\(folder)/\($0)" }
        }
        return (single + below).filter { !$0.contains("/Corpus/") }.sorted().compactMap { path in
            guard let data = FileManager.default.contents(atPath: "\(root)/\(path)"), !data.isEmpty else { return nil }
            return String(data: data, encoding: .utf8).map { File(path: path, text: $0) }
        }
    }()

    static func file(_ path: String) -> File? { files.first { $0.path == path } }
    static var code: [File] { files.filter { $0.isOf(".swift", ".c", ".h") } }
}
