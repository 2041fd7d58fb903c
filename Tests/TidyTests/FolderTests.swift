import Foundation
import Testing

/// Core's folders are nouns of a change's way, and each knows only those above it. The compiler sees one module, so the
/// order is kept here: by the types that a file names, and where those are declared.
@Suite("What a folder of Core imports")
struct FolderTests {
    private static let core = "Sources/TandemCore"

    /// From the top down.
    private static let order = [
        "Basics", "Format", "Memory", "Writer", "Medium", "Journal", "Capture", "Images", "Recovery", "Copy", "Engine",
    ]

    private static let files = Repository.files.filter { $0.isIn(core) && $0.isOf(".swift") }

    private static func folder(_ file: Repository.File) -> String? {
        let parts = file.path.split(separator: "/")
        return parts.count == 4 ? String(parts[2]) : nil
    }

    /// The folder of each type that is declared at a file's top level. Two private ones of a name would need a look.
    private static let homes: [String: String] = {
        var homes: [String: String] = [:]
        for file in files {
            guard let folder = folder(file) else { continue }
            for line in file.lines where line.first?.isWhitespace == false {
                let words = line.split(whereSeparator: { " :<({".contains($0) }).map(String.init)
                guard let place = words.firstIndex(where: { ["struct", "enum", "class", "protocol"].contains($0) }),
                    place + 1 < words.count, !line.hasPrefix("/"), !line.hasPrefix("extension")
                else { continue }
                homes[words[place + 1]] = folder
            }
        }
        return homes
    }()

    /// Names that begin with a capital letter, outside of comments and texts.
    private static func names(in file: Repository.File) -> Set<String> {
        var names: Set<String> = []
        for line in file.lines {
            let code = line.split(separator: "//", maxSplits: 1, omittingEmptySubsequences: false)[0]
            for (place, part) in code.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
            where place.isMultiple(of: 2) {
                for word in part.split(whereSeparator: { !$0.isLetter && !$0.isNumber && $0 != "_" }) {
                    if word.first?.isUppercase == true { names.insert(String(word)) }
                }
            }
        }
        return names
    }

    @Test("Every file of Core is in a folder of the list, and every folder of the list has files")
    func folders() {
        #expect(Set(Self.files.compactMap(Self.folder)) == Set(Self.order))
        #expect(Self.files.filter { Self.folder($0) == nil }.map(\.path) == ["\(Self.core)/Exports.swift"])
        #expect(Self.homes.count > 80, "most declarations are found")
    }

    @Test("A file names types of its own folder and of those above it", arguments: order)
    func downwards(folder: String) throws {
        let place = try #require(Self.order.firstIndex(of: folder))
        var upwards: [String] = []
        for file in Self.files where Self.folder(file) == folder {
            for name in Self.names(in: file).sorted() {
                guard let home = Self.homes[name], let at = Self.order.firstIndex(of: home), at > place else {
                    continue
                }
                upwards.append("\(file.path) names \(name) of \(home)")
            }
        }
        #expect(upwards == [])
    }
}
