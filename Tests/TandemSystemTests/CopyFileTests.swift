import Glibc
import TandemCore
import TestSupport
import Testing

@testable import TandemSystem

@Suite struct CopyFileTests {
    private let pair: Pair
    private let copy: CopyFile

    init() throws {
        pair = try Pair()
        copy = pair.makeCopy()
    }

    private func format() throws {
        #expect(try copy.probe().isBlank)
        try copy.format(pair.slot())
    }

    @Test func `A missing file is blank, and formatting makes all of it`() throws {
        try format()
        #expect(pair.scratch.byteCount("copy") == pair.layout.copyBytes)
        #expect(try FileStatus.named(pair.copyPath).mode == 0o600)
        #expect(try copy.probe().slot?.generation == Generation(high: 1, low: 2))
        try copy.watch()
    }

    @Test func `An empty file is blank, and formatting keeps its inode`() throws {
        pair.scratch.write([], to: "copy")
        let before = try FileStatus.named(pair.copyPath).identity
        try format()
        #expect(try FileStatus.named(pair.copyPath).identity == before)
    }

    @Test func `A first layout that was stopped half-way is blank, and made whole`() throws {
        try format()
        copy.close()
        let whole = pair.scratch.read("copy", count: CopyExaminer.headerBytes)
        for kept in [1, 512, 5000, 8192, 8192 + 100] {
            let rest = [UInt8](repeating: 0, count: pair.layout.copyBytes - kept)
            pair.scratch.write(Array(whole[..<kept]) + rest, to: "copy")
            #expect(try copy.probe().isBlank, "\(kept) bytes")
            try copy.format(pair.slot())
            #expect(try copy.probe().slot != nil)
            copy.close()
        }
    }

    @Test(.enabled(if: !CopyDrivers.isInMemory("/var/tmp"), "/var/tmp is in memory"), arguments: [true, false])
    func
        `What a probe finds on a durable copy is on the medium, and not what a failed flush has left in the page cache`(
            isDurable: Bool
        ) throws
    {
        let pair = try Pair(in: "/var/tmp")
        let copy = pair.makeCopy()
        copy.isDurable = isDurable
        _ = try copy.probe()
        try copy.format(pair.slot())
        let journal = pair.layout.journalOffset
        try [UInt8](repeating: 1, count: 1 << 20).withBytes { raw throws(CopyFailure) in
            try copy.write(raw, at: journal)
        }
        #expect(pair.scratch.cachedPages("copy", journal ..< journal + (1 << 20)) == 256)
        #expect(try copy.probe().slot != nil)
        #expect(pair.scratch.cachedPages("copy", journal ..< journal + (1 << 20)) == (isDurable ? 0 : 256))
    }

    @Test(.enabled(if: !CopyDrivers.isInMemory("/var/tmp"), "/var/tmp is in memory"), arguments: [true, false])
    func `The journal of a durable copy is written once when it is laid out, as first writes are slow to flush`(
        isDurable: Bool
    ) throws {
        let pair = try Pair(in: "/var/tmp")
        let copy = pair.makeCopy()
        copy.isDurable = isDurable
        _ = try copy.probe()
        try copy.format(pair.slot())
        let descriptor = open(pair.copyPath, O_RDONLY)
        defer { close(descriptor) }
        // What is reserved and was never written is a hole to whoever asks; Glibc for Swift lacks the name, SEEK_HOLE.
        let hole = lseek(descriptor, pair.layout.journalOffset, 4)
        #expect(hole == (isDurable ? pair.layout.copyBytes : pair.layout.journalOffset))
        #expect(try copy.probe().slot != nil)
    }

    @Test(.enabled(if: !CopyDrivers.isInMemory("/var/tmp"), "/var/tmp is in memory"))
    func `Pages of a durable copy that somebody holds for a moment are waited for, and then read from the medium`()
        throws
    {
        let pair = try Pair(in: "/var/tmp")
        let copy = pair.makeCopy()
        copy.isDurable = true
        _ = try copy.probe()
        try copy.format(pair.slot())
        let journal = pair.layout.journalOffset
        try [UInt8](repeating: 1, count: 4096).withBytes { raw throws(CopyFailure) in try copy.write(raw, at: journal) }
        let descriptor = open(pair.copyPath, O_RDONLY)
        defer { close(descriptor) }
        let page = try #require(mmap(nil, 4096, PROT_READ, MAP_SHARED, descriptor, journal))
        #expect(page.load(as: UInt8.self) == 1)
        nonisolated(unsafe) let held = page
        let holder = OwnThread { _ in
            usleep(60_000)
            munmap(held, 4096)
        }
        #expect(try copy.probe().slot != nil)
        #expect(pair.scratch.cachedPages("copy", journal ..< journal + 4096) == 0)
        holder.stop()
    }

    @Test(arguments: [true, false])
    func `The name of a durable copy is made to last when it is opened, as who renamed it may have been killed before`(
        isDurable: Bool
    ) throws {
        let copy = pair.makeCopy()
        copy.isDurable = isDurable
        _ = try copy.probe()
        try copy.format(pair.slot())
        let folder = try DirectoryWatch(pair.scratch.path)
        #expect(try copy.probe().slot != nil)
        #expect(folder.wasOpened == isDurable)
    }

    @Test func `A copy that was there once is not made anew when it is gone`() throws {
        try format()
        rename(pair.copyPath, pair.scratch.file("away"))
        #expect(throws: CopyFailure(.notFound, errno: ENOENT)) { try copy.probe() }
        rename(pair.scratch.file("away"), pair.copyPath)
        #expect(try copy.probe().slot != nil)
    }

    @Test func `A missing directory is not found, and none is made`() throws {
        let lost = CopyFile(
            path: pair.scratch.file("no/copy"), layout: pair.layout, checksum: LinuxChecksum.crc32c, source: nil)
        #expect(throws: CopyFailure(.notFound, errno: ENOENT)) { try lost.probe() }
        #expect(lost.lastFailure?.path == pair.scratch.file("no"))
    }

    @Test(.enabled(if: geteuid() != 0, "root may write anywhere"))
    func `A directory that admits no file is refused with a remedy`() throws {
        let file = CopyFile(path: "/tandem-copy", layout: pair.layout, checksum: LinuxChecksum.crc32c, source: nil)
        #expect(try file.probe().refusal?.code == .unsafeFile)
    }

    @Test func `A second owner is refused while the first lives`() throws {
        try format()
        let other = pair.makeCopy()
        #expect(throws: CopyFailure(.inUse, errno: EAGAIN)) { try other.probe() }
        copy.close()
        #expect(try other.probe().slot != nil)
    }

    @Test func `Files that are no copies are refused by name and stay as they are`() throws {
        let text = Array("a letter to somebody".utf8) + [UInt8](repeating: 65, count: 20_000)
        pair.scratch.write(text, to: "letter")
        pair.scratch.write([], to: "open", mode: 0o622)
        pair.scratch.write([], to: "linked")
        link(pair.scratch.file("linked"), pair.scratch.file("twin"))
        symlink(pair.scratch.file("letter"), pair.scratch.file("alias"))
        mkfifo(pair.scratch.file("pipe"), 0o600)
        for name in ["letter", "open", "linked", "alias", "pipe", ".", "source"] {
            let path = pair.scratch.file(name)
            let file = CopyFile(
                path: path, layout: pair.layout, checksum: LinuxChecksum.crc32c, source: pair.source.identity)
            let refusal = try file.probe().refusal
            #expect(refusal?.detail?.subject == path, "\(name)")
            #expect(refusal?.detail?.remedy.isEmpty == false)
            #expect(file.descriptor == -1)
        }
        #expect(pair.scratch.read("letter", count: text.count + 1) == text)
    }

    @Test func `The source itself is no copy`() throws {
        let file = CopyFile(
            path: pair.source.path, layout: pair.layout, checksum: LinuxChecksum.crc32c, source: pair.source.identity)
        #expect(try file.probe().refusal?.code == .sameFile)
    }

    @Test func `No room is told, and leaves no file behind`() throws {
        let layout = try FileLayout(
            tables: pair.layout.definitions, writerCount: 4, undoBytes: 1 << 18, journalBytes: 1 << 45)
        let file = CopyFile(path: pair.copyPath, layout: layout, checksum: LinuxChecksum.crc32c, source: nil)
        #expect(try file.probe().isBlank)
        let failure = #expect(throws: CopyFailure.self) { try file.format(pair.slot()) }
        #expect(failure?.kind == .noSpace)
        #expect(pair.scratch.names == ["source"])
        #expect(try file.probe().isBlank)
    }

    @Test func `Truncation, deletion and replacement are noticed`() throws {
        try format()
        truncate(pair.copyPath, 4096)
        #expect(throws: CopyFailure(.identityChanged)) { try copy.watch() }
        truncate(pair.copyPath, pair.layout.copyBytes)
        try copy.watch()
        rename(pair.copyPath, pair.scratch.file("away"))
        #expect(throws: CopyFailure(.identityChanged)) { try copy.watch() }
        pair.scratch.write([], to: "copy")
        #expect(throws: CopyFailure(.identityChanged)) { try copy.watch() }
    }

    /// A write behind the end of what somebody has cut short extends it again, with a hole where the tables were.
    @Test func `A truncation is noticed also when the journal's last block has been written since`() throws {
        try format()
        truncate(pair.copyPath, pair.layout.tablesOffset)
        let last = pair.layout.journalOffset + pair.layout.journalBytes - 4096
        try [UInt8](repeating: 1, count: 4096).withBytes { raw throws(CopyFailure) in try copy.write(raw, at: last) }
        #expect(throws: CopyFailure(.identityChanged)) { try copy.watch() }
        copy.close()
        #expect(try copy.probe().refusal?.code == .wrongLength)
    }

    @Test func `A rebuild leaves the old copy alone until it takes its name`() throws {
        try format()
        let old = try FileStatus.named(pair.copyPath).identity
        try copy.formatBeside(pair.slot(5))
        #expect(pair.scratch.names == ["copy", "copy.rebuild", "source"])
        try Array("new".utf8).withBytes { raw throws(CopyFailure) in try copy.write(raw, at: pair.layout.tablesOffset) }
        #expect(pair.scratch.read("copy", count: 3, at: pair.layout.tablesOffset) == [0, 0, 0])
        try copy.watch()
        #expect(throws: CopyFailure(.inUse, errno: EAGAIN)) { try pair.makeCopy().probe() }
        try copy.publishRebuild()
        try copy.watch()
        #expect(pair.scratch.names == ["copy", "source"])
        #expect(try FileStatus.named(pair.copyPath).identity != old)
        #expect(pair.scratch.read("copy", count: 3, at: pair.layout.tablesOffset) == Array("new".utf8))
        #expect(throws: CopyFailure(.inUse, errno: EAGAIN)) { try pair.makeCopy().probe() }
        #expect(try copy.probe().slot?.sequence == 6)
    }

    @Test func `An unfinished rebuild goes with its owner, and the old copy stays`() throws {
        try format()
        try copy.formatBeside(pair.slot(5))
        copy.close()
        #expect(pair.scratch.names == ["copy", "source"])
        #expect(try copy.probe().slot?.sequence == 2)
    }

    @Test func `A rebuild left by a killed replicator is removed, one in use is not`() throws {
        try format()
        pair.scratch.write([], to: "copy.rebuild")
        try copy.formatBeside(pair.slot(5))
        let other = CopyFile(
            path: pair.copyPath + ".rebuild", layout: pair.layout, checksum: LinuxChecksum.crc32c, source: nil)
        #expect(throws: CopyFailure(.inUse, errno: EAGAIN)) { try other.probe() }
        copy.close()

        #expect(try copy.probe().slot != nil)
        pair.scratch.write([], to: "copy.rebuild")
        #expect(try other.probe().isBlank)
        #expect(throws: CopyFailure(.inUse, errno: EAGAIN)) { try copy.formatBeside(pair.slot(5)) }
        #expect(pair.scratch.names == ["copy", "copy.rebuild", "source"])
    }

    @Test func `A rebuild left by a killed replicator does not lie beside the copy for ever`() throws {
        try format()
        try copy.formatBeside(pair.slot(5))
        let left = pair.scratch.read("copy.rebuild", count: pair.layout.copyBytes)
        copy.close()
        for rebuild in [left, [UInt8](repeating: 0, count: 1 << 20), []] {
            pair.scratch.write(rebuild, to: "copy.rebuild")
            #expect(try copy.probe().slot != nil)
            try copy.watch()
            #expect(pair.scratch.names == ["copy", "source"])
        }
        // A name is no proof: another source's copy, and somebody's letter.
        let other = CopyFile(
            path: pair.copyPath + ".rebuild", layout: pair.layout, checksum: LinuxChecksum.crc32c, source: nil)
        #expect(try other.probe().isBlank)
        try other.format(StateSlot(sequence: 1, generation: Generation(high: 3, low: 4), role: .syncing))
        other.close()
        try copy.watch()
        #expect(pair.scratch.names == ["copy", "copy.rebuild", "source"])
        pair.scratch.write(Array("a letter".utf8), to: "copy.rebuild")
        try copy.watch()
        #expect(throws: CopyFailure(.refused, errno: EPERM)) { try copy.formatBeside(pair.slot(7)) }
        #expect(pair.scratch.read("copy.rebuild", count: 8) == Array("a letter".utf8))
    }

    @Test func `A rebuild never replaces a file that came in between`() throws {
        try format()
        try copy.formatBeside(pair.slot(5))
        unlink(pair.copyPath)
        pair.scratch.write([9], to: "copy")
        #expect(throws: CopyFailure(.identityChanged)) { try copy.publishRebuild() }
        #expect(pair.scratch.read("copy", count: 2) == [9])
    }

    @Test func `Reading past the end is a failure, not fewer bytes`() throws {
        try format()
        var bytes = [UInt8](repeating: 0, count: 100)
        let end = copy.count
        let failure = #expect(throws: CopyFailure.self) {
            try bytes.withMutableBytes { raw throws(CopyFailure) in try copy.read(into: raw, at: end - 50) }
        }
        #expect(failure?.kind == .inputOutput)
    }
}
