import Foundation
import Testing

@Suite("The pages' word")
struct PageTests {
    @Test("Every file and function that the twelve steps name is there")
    func steps() throws {
        let page = try #require(Repository.file("docs/internals/a-change.md"))
        var steps = 0
        for line in page.lines where line.hasPrefix("| ") && line.contains(".swift`") {
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            steps += Int(cells[0]) == nil ? 0 : 1
            var file: Repository.File?
            for name in cells[1].matches(of: /`([^`]+)`/).map({ String($0.output.1) }) {
                if name.hasSuffix(".swift") {
                    file = Repository.file("Sources/" + name)
                    #expect(file != nil, "step \(cells[0]): there is no Sources/\(name)")
                } else if let file {
                    #expect(
                        ["func \(name)(", "func \(name)<", "let \(name):"].contains { file.text.contains($0) },
                        "step \(cells[0]): \(file.path) has no function \(name)")
                }
            }
            #expect(file != nil, "step \(cells[0]) names no file")
        }
        #expect(steps == 12)
    }

    @Test("The command's version is the one that the changelog begins with")
    func version() throws {
        let tool = try #require(Repository.file("Sources/TandemCommand/Commands/TandemTool.swift"))
        let changes = try #require(Repository.file("CHANGELOG.md"))
        let newest = try #require(changes.lines.first { $0.hasPrefix("## ") }).dropFirst(3).lowercased()
        #expect(tool.text.contains("version: \"\(newest)\""), "\(newest)")
    }

    @Test("Every link of a page to a file of the repository leads there")
    func links() {
        for page in Repository.files where page.isOf(".md") {
            let folder = (page.path as NSString).deletingLastPathComponent
            // What stands between fences is code, where `](` begins a function.
            let prose = page.text.split(separator: "```", omittingEmptySubsequences: false).enumerated()
                .filter { $0.offset.isMultiple(of: 2) }.map(\.element).joined()
            for link in prose.matches(of: /\]\(([^)#\s]+)/).map({ String($0.output.1) }) {
                if link.contains("://") { continue }
                let path = ("\(Repository.root)/\(folder)/\(link)" as NSString).standardizingPath
                #expect(FileManager.default.fileExists(atPath: path), "\(page.path): \(link)")
            }
        }
    }
}
