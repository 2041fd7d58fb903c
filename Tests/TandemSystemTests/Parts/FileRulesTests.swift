import Glibc
import TandemCore
import TestSupport
import Testing

@testable import TandemSystem

@Suite("FileRules: which files Tandem opens")
struct FileRulesTests {
    private let scratch = Scratch()
    private var path: String { scratch.file("file") }

    /// What the rules say of the file as it stands under its name.
    private func refusal(_ rules: FileRules, _ path: String, onFUSE: Bool = false) throws -> TandemError? {
        rules.refusal(of: try FileStatus.named(path), at: path, onFUSE: onFUSE)
    }

    enum Made: String, CaseIterable {
        case directory, symbolicLink, fifo, socket, characterDevice
    }

    private func make(_ kind: Made) -> String {
        switch kind {
        case .directory: mkdir(path, 0o700)
        case .symbolicLink: symlink("elsewhere", path)
        case .fifo: mkfifo(path, 0o600)
        case .socket:
            let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    _ = bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            close(descriptor)
        case .characterDevice: return "/dev/null"
        }
        return path
    }

    @Test(
        "What is no regular file is refused by its kind, as a source and as a copy",
        arguments: zip(Made.allCases, ["directory", "symbolic link", "fifo", "socket", "character device"]))
    func kinds(_ kind: Made, word: String) throws {
        let path = make(kind)
        for rules in [FileRules.source, .copy(of: nil)] {
            let refusal = try #require(try refusal(rules, path))
            #expect(refusal.code == .unsafeFile && refusal.description.contains("it is a \(word), not a regular file"))
        }
    }

    @Test(
        "A source lets nobody else in; a copy may be read by others, and written by none",
        arguments: [
            (0o600, true, true), (0o400, true, true), (0o700, true, true), (0o640, false, true), (0o604, false, true),
            (0o610, false, true), (0o620, false, false), (0o602, false, false), (0o666, false, false),
        ] as [(mode_t, Bool, Bool)])
    func modes(mode: mode_t, source: Bool, copy: Bool) throws {
        scratch.write([1], to: "file", mode: mode)
        #expect(try (refusal(.source, path) == nil) == source)
        let refusal = try refusal(.copy(of: nil), path)
        #expect((refusal == nil) == copy)
        if let refusal {
            #expect(refusal.code == .unsafeFile)
            #expect(refusal.description.contains("its mode \(String(mode, radix: 8)) lets other users in"))
        }
        #expect(try self.refusal(.copy(of: nil), path, onFUSE: true) == nil, "FUSE lets in its own user alone")
    }

    @Test(
        "A file of another user is refused by number, and one of root is not",
        .enabled(if: geteuid() == 0, "needs root"))
    func owner() throws {
        scratch.write([1], to: "file")
        #expect(try refusal(.source, path) == nil)
        chown(path, 4242, 0)
        let refusal = try #require(try refusal(.source, path))
        #expect(refusal.code == .unsafeFile && refusal.description.contains("it belongs to user 4242"))
    }

    @Test("A file with a second name is refused")
    func links() throws {
        scratch.write([1], to: "file")
        #expect(link(path, scratch.file("other")) == 0)
        let refusal = try #require(try refusal(.copy(of: nil), path))
        #expect(refusal.code == .unsafeFile && refusal.description.contains("it has 2 names (hard links)"))
    }

    @Test("A file without a name is refused")
    func deleted() throws {
        scratch.write([1], to: "file")
        let descriptor = open(path, O_RDONLY)
        defer { close(descriptor) }
        unlink(path)
        let status = try FileStatus.of(descriptor, path: path)
        let refusal = try #require(FileRules.source.refusal(of: status, at: path))
        #expect(refusal.description.contains("it has been deleted"))
    }

    @Test("A copy is never its own source, under whatever name")
    func same() throws {
        scratch.write([1], to: "file")
        let source = try FileStatus.named(path).identity
        #expect(try refusal(.copy(of: source), path)?.code == .sameFile)
        scratch.write([1], to: "other")
        #expect(try refusal(.copy(of: source), scratch.file("other")) == nil)
    }

    @Test("A path that the kernel would read as another one is refused", arguments: ["", "a\0b", "\0"])
    func paths(path: String) {
        #expect(throws: TandemError.self) { try checkPath(path) }
        #expect(throws: Never.self) { try checkPath("a") }
    }
}
