import Glibc
import Tandem
import TandemCore
import TandemSystem
import TestSupport

/// A directory with a source and its copy, in sync, with some cuts in the journal and nobody running: what each bad
/// input starts from.
final class FixtureFiles {
    let scratch: Scratch
    var sourcePath: String { scratch.file("source") }
    var copyPath: String { scratch.file("copy") }
    /// Held by a case for as long as it lasts.
    var kept: [Any] = []

    init(in parent: String = "/dev/shm") throws {
        scratch = Scratch(in: parent)
        let template = try Template.shared.get()
        scratch.write(template.source, to: "source")
        scratch.write(template.copy, to: "copy")
    }

    /// One that another process of the same test has made: it has the template already, which takes a second.
    init(madeAt path: String) { scratch = Scratch(madeAt: path) }

    // What is held, a mount perhaps, is let go before the directory is removed.
    deinit { kept = [] }

    /// The bytes that every station starts from, made once.
    private struct Template {
        let source: [UInt8]
        let copy: [UInt8]

        static let shared = Result { try Template() }

        private init() throws {
            let scratch = Scratch(in: "/dev/shm")
            let made = try SourceDataFile.create(
                at: scratch.file("source"), tables: Exchange.tables, options: Exchange.options)
            let live = try Live(source: made, copy: scratch.file("copy"))
            try live.put(Call(1), at: 0 ..< 1000)
            guard live.run(until: { live.isInSync }) else { throw Failure("never in sync: \(live.log.all)") }
            // A sweep, so that the journal holds nothing of the above.
            let swept = { made.area.replicator[.sweeps as Counter].load() > 0 && live.status.journalUsedBytes == 0 }
            guard live.run(until: swept) else { throw Failure("no sweep") }
            // Three cuts that only the journal has.
            for value in 2 ... 4 as ClosedRange<UInt64> {
                try live.put(Call(value), at: 100 ..< 110)
                guard live.run(until: { live.isReplicated }) else { throw Failure("not replicated") }
            }
            source = scratch.bytes(of: "source")
            copy = scratch.bytes(of: "copy")
        }
    }

    /// Everything in the directory, to be compared.
    func snapshot(besides left: Set<String> = []) -> [String: [UInt8]] {
        var found: [String: [UInt8]] = [:]
        for name in scratch.names where !left.contains(name) {
            var status = stat()
            lstat(scratch.file(name), &status)
            let kind = withUnsafeBytes(of: status.st_mode) { Array($0) }
            found[name] = kind + (status.st_mode & S_IFMT == S_IFREG ? scratch.bytes(of: name) : [])
        }
        return found
    }
}

struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

extension Scratch {
    func bytes(of name: String) -> [UInt8] { read(name, count: max(0, byteCount(name))) }

    func remove(_ name: String) { _ = Glibc.remove(file(name)) }

    /// Replaces bytes of a file in place.
    func patch(_ name: String, at offset: Int, _ bytes: [UInt8]) {
        let descriptor = open(file(name), O_WRONLY)
        defer { close(descriptor) }
        precondition(bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, offset) } == bytes.count)
    }

    /// Flips the lowest bit of one byte.
    func flip(_ name: String, at offset: Int) { patch(name, at: offset, [read(name, count: 1, at: offset)[0] ^ 1]) }
}
