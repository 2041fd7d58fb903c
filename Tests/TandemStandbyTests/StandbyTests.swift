import CTandemLayout
import Glibc
import TandemCore
import TandemSystem
import TandemTypes
import TestSupport
import Testing

@testable import TandemStandby

/// The standby without a server around it: what connections may do to the copy, and to each other.
@Suite("A standby's connections")
struct StandbyTests {
    private let scratch = Scratch(in: "/dev/shm")
    private var path: String { scratch.file("copy") }
    private static let byteCount = 40_961

    private func standby() -> Standby { Standby(path: path, name: "copy") }

    private func open(
        _ standby: Standby, _ session: UInt64, generation: Generation = Generation(high: 1, low: 2),
        byteCount: Int = byteCount
    ) throws -> StandbyConnection {
        try standby.connect("copy?session=\(session)&generation=\(generation)&bytes=\(byteCount)", peer: "test")
    }

    private func write(_ standby: Standby, _ connection: StandbyConnection, _ byte: UInt8, at offset: Int = 0) throws {
        try [UInt8](repeating: byte, count: 512).withUnsafeBytes { try standby.write(connection, $0, at: offset) }
    }

    private func read(
        _ standby: Standby, _ connection: StandbyConnection, _ count: Int, at offset: Int
    ) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0xEE, count: count)
        try bytes.withUnsafeMutableBytes { try standby.read(connection, into: $0, at: offset) }
        return bytes
    }

    @Test("The first session makes the file, with its whole length and storage behind each byte, for its user alone")
    func made() throws {
        let standby = standby()
        let connection = try open(standby, 1)
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_size == Self.byteCount && status.st_blocks * 512 >= Self.byteCount)
        #expect(status.st_mode & 0o777 == 0o600)
        #expect(connection.controlOffset == 45_056)
        #expect(connection.exportBytes == ControlPage.digests(behind: Self.byteCount).upperBound)
    }

    @Test("The file is locked while a session is there, and nobody's when it has ended")
    func locked() throws {
        let standby = standby()
        let connection = try open(standby, 1)
        #expect(FileBytes.isLocked(path: path))
        standby.end(connection)
        #expect(!FileBytes.isLocked(path: path))
    }

    @Test("P10: nothing of an older session is performed once a newer one was opened")
    func fenced() throws {
        let standby = standby()
        let old = try open(standby, 1)
        try write(standby, old, 1)
        let new = try open(standby, 2)
        try write(standby, new, 2)
        #expect(throws: RequestFailure.fenced) { try write(standby, old, 1) }
        #expect(throws: RequestFailure.fenced) { try standby.zero(old, 4096, at: 0) }
        #expect(throws: RequestFailure.fenced) { try standby.flush(old) }
        #expect(throws: RequestFailure.fenced) { try read(standby, old, 1, at: 0) }
        #expect(scratch.read("copy", count: 1) == [2])
        standby.end(old)
        #expect(FileBytes.isLocked(path: path), "the older one's end gives up nothing")
        try write(standby, new, 3)
    }

    @Test("P10: an opening returns when what was being performed has ended, and not before")
    func waits() throws {
        let standby = standby()
        let old = try open(standby, 1)
        let isPerforming = Flag()
        let mayEnd = Flag()
        let hasOpened = Flag()
        _ = OwnThread { [self] _ in
            try? standby.perform(old) { _ in
                isPerforming.raise()
                mayEnd.wait()
            }
            _ = scratch
        }
        isPerforming.wait()
        _ = OwnThread { [self] _ in
            if (try? open(standby, 2)) != nil { hasOpened.raise() }
        }
        usleep(50_000)
        #expect(!hasOpened.isUp)
        mayEnd.raise()
        hasOpened.wait()
        #expect(hasOpened.isUp && standby.report.session == 2)
    }

    @Test("P10: an opening is not kept out by an older session that never rests")
    func goesFirst() throws {
        let standby = standby()
        let old = try open(standby, 1)
        let ends = (0 ..< 4).map { _ in Flag() }
        for end in ends {
            _ = OwnThread { [self] _ in
                // Until it is fenced.
                while (try? standby.perform(old) { _ in usleep(1000) }) != nil {}
                _ = scratch
                end.raise()
            }
        }
        usleep(20_000)
        let hasOpened = Flag()
        _ = OwnThread { [self] _ in
            if (try? open(standby, 2)) != nil { hasOpened.raise() }
        }
        hasOpened.wait()
        #expect(hasOpened.isUp)
        for end in ends { end.wait() }
        #expect(ends.filter { !$0.isUp }.isEmpty)
    }

    @Test("A session that is not above the present one is refused, and the present one goes on")
    func notAbove() throws {
        let standby = standby()
        let present = try open(standby, 5)
        for session: UInt64 in [4, 5] {
            let error = #expect(throws: TandemError.self) { try open(standby, session) }
            #expect(error?.code == .inUse)
        }
        try write(standby, present, 1)
    }

    @Test("Who only looks reads, locks nothing, and changes nothing")
    func observer() throws {
        let standby = standby()
        let early = try standby.connect("", peer: "test")
        #expect(early.exportBytes == 4096 && scratch.names == [])
        let session = try open(standby, 1)
        try write(standby, session, 7, at: 4096)
        let observer = try standby.connect("copy", peer: "test")
        #expect(try read(standby, observer, 2, at: 4095) == [0, 7])
        #expect(try read(standby, observer, 8, at: observer.controlOffset) == ControlPage.magic)
        #expect(throws: RequestFailure.readOnly) { try write(standby, observer, 1) }
        try write(standby, session, 8)
        standby.end(observer)
        try write(standby, session, 9)
    }

    @Test("Behind the file come zeros and the control page, which nobody writes")
    func control() throws {
        let standby = standby()
        let connection = try open(standby, 3)
        try write(standby, connection, 9, at: Self.byteCount - 512)
        let bytes = try read(standby, connection, 4096 + 4096, at: 40_960)
        #expect(bytes[0] == 9 && bytes[1 ..< 4096].allSatisfy { $0 == 0 })
        #expect(Array(bytes[4096 ..< 4104]) == ControlPage.magic)
        // In memory: it would apply, were it a copy.
        #expect(bytes[4104] == 1 && bytes[4112] == 3 && bytes[4144] == 3)
        #expect(bytes[4120 ..< 4144].allSatisfy { $0 == 0 } && bytes[4152...].allSatisfy { $0 == 0 })
        for offset in [Self.byteCount - 511, Self.byteCount, connection.controlOffset] {
            #expect(throws: RequestFailure.readOnly) { try write(standby, connection, 1, at: offset) }
            #expect(throws: RequestFailure.readOnly) { try standby.zero(connection, 512, at: offset) }
        }
        for offset in [connection.exportBytes - 511, .max, -1] {
            #expect(throws: RequestFailure.outside) { try write(standby, connection, 1, at: offset) }
            #expect(throws: RequestFailure.outside) { try read(standby, connection, 512, at: offset) }
        }
        #expect(scratch.byteCount("copy") == Self.byteCount)
    }

    @Test("Zeros keep their storage")
    func zeros() throws {
        let standby = standby()
        let connection = try open(standby, 1)
        try write(standby, connection, 9, at: 8192)
        try standby.zero(connection, 8192, at: 4096)
        try standby.flush(connection)
        #expect(try read(standby, connection, 8192, at: 4096).allSatisfy { $0 == 0 })
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_blocks * 512 >= Self.byteCount)
    }

    @Test(
        "The control page of a file that is not the path's any more cannot be read, and the next session gets another")
    func replaced() throws {
        let standby = standby()
        let connection = try open(standby, 1)
        #expect(unlink(path) == 0)
        let gone = #expect(throws: RequestFailure.self) {
            try read(standby, connection, 8, at: connection.controlOffset)
        }
        #expect(gone?.errno == ESTALE)
        let next = try open(standby, 2)
        try write(standby, next, 4)
        #expect(scratch.read("copy", count: 1) == [4])
    }

    @Test("A file of another length is refused and stays as it is, unless nothing was ever written to it")
    func otherLength() throws {
        scratch.write(Array("somebody's letter\n".utf8), to: "copy")
        let error = #expect(throws: TandemError.self) { try open(standby(), 1) }
        #expect(error?.code == .wrongLength && scratch.byteCount("copy") == 18)
        for length in [0, 8192, 1 << 20] {
            unlink(path)
            scratch.write([], to: "copy")
            truncate(path, length)
            let standby = standby()
            let connection = try open(standby, 1)
            #expect(scratch.byteCount("copy") == Self.byteCount)
            standby.end(connection)
        }
    }

    @Test("A second source does not take the copy of the first, nor harm its session")
    func otherSource() throws {
        let standby = standby()
        let first = try open(standby, 1)
        let error = #expect(throws: TandemError.self) { try open(standby, 2, byteCount: 81_920) }
        #expect(error?.code == .wrongLength)
        try write(standby, first, 1)
    }

    @Test("Another name is refused, with the right one")
    func otherName() {
        let error = #expect(throws: TandemError.self) { try standby().connect("other", peer: "test") }
        #expect(error?.description.contains("'copy'") == true)
    }
}
