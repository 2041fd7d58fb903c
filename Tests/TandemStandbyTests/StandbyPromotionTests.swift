import CTandemLayout
import Glibc
import TandemCore
import TandemSystem
import TandemTypes
import TestSupport
import Testing

@testable import TandemStandby

/// What the copy's own words mean to a standby, and a promotion beside it.
@Suite("A standby and the copy's words")
struct StandbyPromotionTests {
    private let scratch = Scratch(in: "/dev/shm")
    private var path: String { scratch.file("copy") }
    private let layout = try! FileLayout(
        tables: [TableDefinition(name: "t", payloadBytes: 16, capacity: 100, sharing: .shared)], writerCount: 1,
        journalBytes: FileLayout.journalBytesMin)
    private let old = Generation(high: 10, low: 1)
    private let new = Generation(high: 10, low: 2)

    /// A file with these words.
    private func put(
        _ role: StateSlot.Role, _ generation: Generation, after ancestor: Generation? = nil, session: UInt64 = 0
    ) {
        let lineage = ancestor.map { Lineage(ancestors: [$0], ends: [1]) } ?? Lineage()
        let slot = StateSlot(sequence: 4, generation: generation, lineage: lineage, role: role)
        var header = CopyFormatter.header(layout: layout, slot: slot, checksum: LinuxChecksum.crc32c)
        if session > 0 {
            header.withUnsafeMutableBytes { raw in
                let place = raw.baseAddress! + slot.offset
                var state = place.loadUnaligned(as: tandem_state.self)
                state.session.0 = session
                state.checksum = 0
                state.checksum = withUnsafeBytes(of: &state) { LinuxChecksum.crc32c($0) }
                place.storeBytes(of: state, as: tandem_state.self)
            }
        }
        scratch.write(header, to: "copy")
        truncate(path, layout.copyBytes)
    }

    private func open(_ standby: Standby, _ session: UInt64, _ generation: Generation) throws -> StandbyConnection {
        try standby.connect(
            "copy?session=\(session)&generation=\(generation)&bytes=\(layout.copyBytes)", peer: "test")
    }

    @Test("P10: a primary that the copy's own primary has superseded opens no session, whatever its number")
    func ancestor() throws {
        put(.consistent, new, after: old)
        let standby = Standby(path: path, name: "copy")
        let present = try open(standby, 7, new)
        let error = #expect(throws: TandemError.self) { try open(standby, 1 << 40, old) }
        #expect(error?.code == .superseded && error?.description.contains(new.description) == true)
        try [UInt8](repeating: 1, count: 16).withUnsafeBytes { try standby.write(present, $0, at: 65_536) }
    }

    @Test("A server that is started again takes no session that the copy's slots have seen")
    func restarted() throws {
        put(.consistent, new, session: 41)
        let standby = Standby(path: path, name: "copy")
        #expect(throws: TandemError.self) { try open(standby, 41, new) }
        _ = try open(standby, 42, new)
    }

    /// A copy whose two slots name these sessions, the newest one's first.
    private func put(sessions newest: UInt64, _ other: UInt64) {
        let slot = StateSlot(sequence: 4, generation: new, role: .consistent, session: newest)
        let before = StateSlot(sequence: 3, generation: new, role: .consistent, session: other)
        var header = CopyFormatter.header(layout: layout, slot: slot, checksum: LinuxChecksum.crc32c)
        header.withUnsafeMutableBytes { raw in
            before.encode(into: raw.baseAddress! + before.offset, checksum: LinuxChecksum.crc32c)
        }
        scratch.write(header, to: "copy")
        truncate(path, layout.copyBytes)
    }

    @Test("A slot that names what no session can be called hides no session, and locks nobody out")
    func scribbled() throws {
        for number: UInt64 in [1 << 48 + 1, 1 << 62, .max] {
            for (newest, other) in [(number, 41), (41, number)] {
                put(sessions: newest, other)
                let header = scratch.read("copy", count: CopyExaminer.headerBytes)
                let standby = Standby(path: path, name: "copy")
                #expect(throws: TandemError.self) { try open(standby, 41, new) }
                let present = try open(standby, 42, new)
                #expect(throws: TandemError.self) { try open(standby, 42, new) }
                standby.end(present)
                #expect(scratch.read("copy", count: CopyExaminer.headerBytes) == header)
            }
        }
    }

    @Test("A session that no replicator comes to is told from a second replicator's, and how to go on is said")
    func lockedOut() throws {
        put(sessions: 41, 40)
        var error = #expect(throws: TandemError.self) { try open(Standby(path: path, name: "copy"), 41, new) }
        #expect(error?.description.contains("end the older one") == true)
        put(sessions: 1 << 48, 41)
        error = #expect(throws: TandemError.self) { try open(Standby(path: path, name: "copy"), 1 << 48, new) }
        let words = error?.description ?? ""
        #expect(error?.code == .inUse && words.contains("a number that no replicator comes to"), "\(words)")
        #expect(words.contains("take the copy away"), "\(words)")
        unlink(path)
        _ = try open(Standby(path: path, name: "copy"), 42, new)
    }

    @Test("A standby says that it applies cuts only for as long as it does")
    func givenUp() throws {
        put(.consistent, new)
        let standby = Standby(path: path, name: "copy")
        #expect(standby.report.appliesCuts, "it would, in memory")
        let present = try open(standby, 7, new)
        #expect(standby.report.appliesCuts)
        truncate(path, 4096)
        let bytes = [UInt8](repeating: 1, count: 16)
        #expect(throws: RequestFailure.self) {
            try bytes.withUnsafeBytes { try standby.write(present, $0, at: 65_536) }
        }
        #expect(!standby.report.appliesCuts)
        #expect(StandbyReport(lines: standby.report.lines) == standby.report)
    }

    @Test("A source is served to nobody, and its words can be read")
    func source() throws {
        put(.source, new, after: old)
        let standby = Standby(path: path, name: "copy")
        let closed = "tandem-standby/1 session=\(UInt64.max) state=promoted generation=\(new)"
        #expect(standby.exportDescription == closed, "before anybody has asked for it")
        let error = #expect(throws: TandemError.self) { try open(standby, 1, old) }
        #expect(error?.code == .superseded && error?.description.contains(new.description) == true)
        let observer = try standby.connect("copy", peer: "test")
        var header = [UInt8](repeating: 0, count: CopyExaminer.headerBytes)
        try header.withUnsafeMutableBytes { try standby.read(observer, into: $0, at: 0) }
        #expect(StateSlot.newest(in: header, checksum: LinuxChecksum.crc32c)?.ancestors == [old])
        #expect(standby.exportDescription == closed)
    }

    @Test("P10: a source that was made a copy again takes the sessions of its successors, and of nobody older")
    func demoted() throws {
        put(.consistent, new, after: old, session: 7)
        let standby = Standby(path: path, name: "copy")
        _ = try open(standby, 9, new)
        let (second, third) = (Generation(high: 10, low: 3), Generation(high: 10, low: 4))
        standby.raiseFence()
        put(.source, second, after: new, session: 9)
        standby.lowerFence()
        let promoted = scratch.read("copy", count: scratch.byteCount("copy"))
        // Another life's file in its place is nobody's way in.
        put(.consistent, old)
        #expect(throws: TandemError.self) { try open(standby, 50, old) }
        scratch.write(promoted, to: "copy")
        #expect(throws: TandemError.self) { try open(standby, 50, third) }
        put(.syncing, second, after: new, session: 9)
        // Its own primary of before, and a session that it has had.
        #expect(throws: TandemError.self) { try open(standby, 50, new) }
        #expect(throws: TandemError.self) { try open(standby, 9, third) }
        _ = try open(standby, 10, third)
    }

    @Test("P10: from a promotion's first moment nothing is performed, and the file is the promotion's")
    func promoting() throws {
        put(.consistent, old)
        let standby = Standby(path: path, name: "copy")
        let server = try LocalServer(for: standby)
        defer { server.stop() }
        let session = try open(standby, 3, old)
        do {
            let client = try #require(StandbyClient(of: path))
            let report = try client.fence()
            #expect(report.state == .promoting && report.session == SessionFence.aboveAll)
            #expect(!FileBytes.isLocked(path: path))
            #expect(throws: RequestFailure.fenced) { try standby.flush(session) }
            #expect(throws: TandemError.self) { try open(standby, 4, old) }
            put(.source, new, after: old)
        }
        wait { standby.report.state == .promoted }
        #expect(throws: RequestFailure.fenced) { try standby.flush(session) }
        #expect(throws: TandemError.self) { try open(standby, 5, old) }
    }

    @Test("A promotion that is killed, or refused, leaves the next session to the primary")
    func killed() throws {
        put(.consistent, old)
        let standby = Standby(path: path, name: "copy")
        let server = try LocalServer(for: standby)
        defer { server.stop() }
        let session = try open(standby, 3, old)
        _ = try #require(StandbyClient(of: path)).fence()
        wait { standby.report.state == .free }
        #expect(throws: RequestFailure.fenced) { try standby.flush(session) }
        #expect(throws: TandemError.self) { try open(standby, 3, old) }
        _ = try open(standby, 4, old)
    }

    @Test(
        "Of two promotions at once the one that goes lowers nothing: the fence is the other's until that has gone, too")
    func two() throws {
        put(.consistent, old)
        let standby = Standby(path: path, name: "copy")
        let server = try LocalServer(for: standby)
        defer { server.stop() }
        let first = try #require(StandbyClient(of: path))
        _ = try first.fence()
        do { _ = try #require(StandbyClient(of: path)).fence() }
        // The second one's end is noticed at some moment.
        for session in 1 ... 50 as ClosedRange<UInt64> {
            #expect(throws: TandemError.self) { try open(standby, session, old) }
            usleep(1000)
        }
        #expect(try first.status().state == .promoting)
        withExtendedLifetime(first) {}
    }

    @Test("A second standby of one copy is refused; what a killed one has left is not in its way")
    func second() throws {
        let standby = Standby(path: path, name: "copy")
        let server = try LocalServer(for: standby)
        let error = #expect(throws: TandemError.self) { try LocalServer(for: standby) }
        #expect(error?.code == .inUse)
        server.stop()
        scratch.write(Array("letter".utf8), to: "copy.standby")
        #expect(throws: TandemError.self) { try LocalServer(for: standby) }
        #expect(scratch.read("copy.standby", count: 6) == Array("letter".utf8))
    }

    @Test("A path longer than a socket's address serves as well")
    func longPath() throws {
        let folder = scratch.file(String(repeating: "f", count: 150))
        #expect(mkdir(folder, 0o700) == 0)
        defer { rmdir(folder) }
        let server = try LocalServer(for: Standby(path: folder + "/copy", name: "copy"))
        defer { server.stop() }
        #expect(try StandbyClient(of: folder + "/copy")?.status().state == .free)
    }

    private func wait(_ isTrue: () -> Bool) {
        for _ in 0 ..< 5000 where !isTrue() { usleep(1000) }
        #expect(isTrue())
    }
}
