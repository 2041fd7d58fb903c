import Glibc
import Logging
import Tandem
import TandemCore
import TandemSystem
import TestSupport
import Testing

/// A wrong `--to`: what cannot get better by itself is an error when the copy is first looked at.
@Suite("A copy's path that is a mistake")
struct AdmissionTests {
    private let scratch = Scratch(in: "/dev/shm")

    private func makeSource(_ name: String = "source") throws(TandemError) -> SourceDataFile {
        try SourceDataFile.create(at: scratch.file(name), tables: Exchange.tables, options: Exchange.options)
    }

    private func admit(_ copy: String, of source: SourceDataFile) throws(TandemError) {
        let replicator = try Replicator(source: source, copy: copy, options: .plain, logger: LogLines().logger)
        try replicator.admit()
    }

    @Test("The source itself, another source, its copy, a directory, a fifo, a letter, no name and too long a one")
    func mistakes() throws {
        let source = try makeSource(), other = try makeSource("other")
        try admit(scratch.file("copy of other"), of: other)
        mkdir(scratch.file("directory"), 0o700)
        mkfifo(scratch.file("fifo"), 0o600)
        scratch.write(Array("somebody's letter\n".utf8), to: "letter")
        let paths = ["source", "other", "copy of other", "directory", "fifo", "letter"].map(scratch.file)
        for path in paths + ["", "/dev/shm/" + String(repeating: "n", count: 300)] {
            let before = scratch.names
            let error = caught { () throws(TandemError) in try admit(path, of: source) }
            #expect(error?.detail?.remedy.isEmpty == false, "\(path): \(String(describing: error))")
            #expect(scratch.names == before)
        }
        #expect(scratch.read("letter", count: 100) == Array("somebody's letter\n".utf8))
    }

    @Test("What may get better by itself is waited for: a copy that is in use, and a directory that is not there yet")
    func mayPass() throws {
        let source = try makeSource()
        try admit(scratch.file("nowhere/copy"), of: source)
        try admit(scratch.file("copy"), of: source)
        let holder = try Replicator(
            source: source, copy: scratch.file("copy"), options: .plain, logger: LogLines().logger)
        try holder.admit()
        _ = holder
        let twin = try SourceDataFile.open(at: scratch.file("source"))
        #expect(
            caught { () throws(TandemError) in try admit(scratch.file("copy"), of: twin) }?.code == .inUse,
            "the source has a replicator")
    }

    @Test(
        "For a copy that does not fit, the bytes that are needed and those that are free are told",
        .enabled(if: geteuid() == 0, "only root may mount"))
    func room() throws {
        let source = try makeSource()
        source.area.replicator[.state].store(CopyState.offline.rawValue)
        source.area.replicator[.reason].store(CopyReason.noSpace.rawValue)
        let log = LogLines()
        let full = scratch.file("full")
        mkdir(full, 0o700)
        #expect(mount("tmpfs", full, "tmpfs", 0, "size=1m") == 0)
        defer { umount(full) }
        let replicator = try Replicator(source: source, copy: full + "/copy", options: .plain, logger: log.logger)
        try replicator.admit()
        for _ in 0 ..< 50 { replicator.step() }
        let text = try #require(log.first(at: .warning))
        #expect(text.contains("are needed, ") && text.contains("1 MiB are free there"), "\(text)")
        #expect(log.all.filter { $0.contains("syncing") }.isEmpty)
        let status = SourceStatus.read(from: source)
        #expect(status.reason.contains("1 MiB are free there"), "\(status.reason)")
    }

    @Test("Where there is room, a lack of it is not said to be one: a limit of the process has its own words")
    func noLack() throws {
        let source = try makeSource()
        #expect(CopyRoom(of: scratch.file("copy"), layout: source.layout) == nil)
    }
}
