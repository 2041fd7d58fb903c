import Glibc
import TandemCore
import TestSupport
import Testing

@testable import TandemSystem

@Suite("Storage behind every byte of a file")
struct FileRoomTests {
    private static let asRoot = geteuid() == 0
    private let scratch = Scratch(in: "/dev/shm")

    private func status(_ path: String, _ body: (Int32, FileStatus) throws -> Void) throws {
        let descriptor = open(path, O_RDWR)
        defer { close(descriptor) }
        try body(descriptor, try FileStatus.of(descriptor, path: path))
    }

    @Test("A hole is seen, in memory and on a disk, and what was reserved and never written is none in memory")
    func holes() throws {
        for parent in ["/dev/shm", "/var/tmp"] {
            let scratch = Scratch(in: parent)
            scratch.write(Array(repeating: 1, count: 3 * 4096), to: "whole")
            scratch.write([1], to: "sparse")
            truncate(scratch.file("sparse"), 3 * 4096)
            try status(scratch.file("whole")) { #expect(!FileRoom.hasHoles($0, $1)) }
            try status(scratch.file("sparse")) { #expect(FileRoom.hasHoles($0, $1)) }
        }
        scratch.write([], to: "reserved")
        try status(scratch.file("reserved")) { descriptor, _ in posix_fallocate(descriptor, 0, 3 * 4096) }
        try status(scratch.file("reserved")) { #expect(!FileRoom.hasHoles($0, $1)) }
    }

    @Test("Holes are filled and what is written stays", arguments: ["/dev/shm", "/var/tmp"])
    func filled(parent: String) throws {
        let scratch = Scratch(in: parent)
        let bytes = [UInt8](repeating: 0, count: 4096) + [5] + [UInt8](repeating: 0, count: 40_000)
        scratch.write([], to: "file")
        truncate(scratch.file("file"), bytes.count)
        try status(scratch.file("file")) { descriptor, _ in pwrite(descriptor, [UInt8(5)], 1, 4096) }
        let file = try LockedFile.open(scratch.file("file"), rules: .copy(of: nil))
        try file.back()
        #expect(file.status.storedBytes >= bytes.count && file.byteCount == bytes.count)
        #expect(scratch.read("file", count: 100_000) == bytes)
    }

    @Test("Without room it says what it takes and what there is", .enabled(if: asRoot, "mounting needs root"))
    func shortage() throws {
        let small = try #require(SmallMemory(at: scratch.file("small"), bytes: 64 << 10))
        small.putSparse([1] + [UInt8](repeating: 0, count: 99_999), as: "file")
        let failure = try #require(throws: KernelFailure.self) {
            try LockedFile.open(small.file("file"), rules: .copy(of: nil)).back()
        }
        #expect(failure.errno == ENOSPC)
        #expect(failure.shortage == FileRoom.Shortage(needed: 95_904, free: 60 << 10))
        #expect(
            failure.tandemError.description
                == """
                \(small.file("file")): cannot reserve space for it: No space left on device; it needs 95904 bytes, \
                and 61440 bytes are free. Free space there, or choose another place.
                """)
    }

    @Test("A picture of a file with holes takes nothing of it, and is as new as it was last taken")
    func picture() throws {
        scratch.write([9], to: "sparse")
        truncate(scratch.file("sparse"), 1 << 20)
        let file = try MappedFile.open(path: scratch.file("sparse"), writable: false)
        #expect(file.isStill)
        let sum = UnsafeRawBufferPointer(start: file.base, count: file.byteCount).reduce(0) { $0 + Int($1) }
        #expect(sum == 9)
        try status(scratch.file("sparse")) { descriptor, status in
            #expect(status.storedBytes == 4096)
            pwrite(descriptor, [UInt8(3)], 1, 500_000)
        }
        #expect(file.base.load(fromByteOffset: 500_000, as: UInt8.self) == 0)
        try file.refresh()
        #expect(file.base.load(fromByteOffset: 500_000, as: UInt8.self) == 3)
    }
}

@Suite("What a failure for want of room, or of a file, tells people")
struct FailureWordsTests {
    private func words(_ operation: String, _ errno: Int32, _ shortage: FileRoom.Shortage? = nil) -> String {
        KernelFailure(operation, "file", errno: errno, shortage: shortage).tandemError.description
    }

    @Test("Amounts stand beside the kernel's word for it, rounded and to the byte")
    func amounts() {
        #expect(
            words("reserve space for", ENOSPC, FileRoom.Shortage(needed: 3 << 29, free: 1023)).contains(
                "; it needs 1.5 GiB, and 1023 bytes are free. Free space there"))
        #expect(
            words("write", ENOSPC) == "file: cannot write it: No space left on device. "
                + "Free space there, or choose another place.")
    }

    @Test("A file that is too large is not said to lack space, but to meet a limit")
    func limit() {
        let text = words("set the length of", EFBIG, FileRoom.Shortage(needed: 4096, free: nil))
        #expect(text.contains("it is larger than a file may be here: it needs 4096 bytes"))
        #expect(text.contains("Raise the file size limit (ulimit -f)") && !text.contains("space"))
    }

    @Test("Only what is to be made is told to make its directory first")
    func directories() {
        #expect(words("find", ENOENT) == "file: it does not exist. Check the path.")
        #expect(
            words("create a file in the directory of", ENOENT)
                == "file: its directory does not exist. Create the directory first, or check the path.")
    }
}

@Suite("What has become of the name of a file that is in use")
struct StandingTests {
    private let scratch = Scratch(in: "/dev/shm")

    private func make() throws -> MappedFile {
        try MappedFile.create(path: scratch.file("file"), bytes: 8192) { _ in }
    }

    @Test("It has its name, or was renamed, deleted, replaced, cut or extended")
    func standings() throws {
        let file = try make()
        #expect(file.standing == .named && file.isStillNamed && !file.isNameTaken)
        rename(scratch.file("file"), scratch.file("away"))
        #expect(file.standing == .renamed && !file.isNameTaken)
        let other = try make()
        #expect(file.standing == .renamed && file.isNameTaken && other.standing == .named)
        unlink(scratch.file("away"))
        #expect(file.standing == .deleted && file.isNameTaken)
        truncate(scratch.file("file"), 4096)
        #expect(other.standing == .resized(4096))
        unlink(scratch.file("file"))
        #expect(other.standing == .resized(4096) && !file.isNameTaken)
    }

    @Test("Who has a deleted file open is found, and what it says at its beginning")
    func holders() throws {
        let path = scratch.file("file")
        let file = try MappedFile.create(path: path, bytes: 8192) { $0.storeBytes(of: 0x5A, as: UInt8.self) }
        #expect(FileHolders.ofDeleted(path).isEmpty)
        unlink(path)
        let found = FileHolders.ofDeleted(path)
        #expect(found.keys.map { $0 } == [file.identity])
        let holder = try #require(found[file.identity]?.first)
        #expect(holder.process == Int(getpid()) && holder.path == path && holder.isDeleted)
        #expect(FileHolders.head(of: holder, 4096)?.first == 0x5A)
        #expect(try MappedFile.held(by: holder).identity == file.identity)
    }

    @Test("Who holds a copy's lock is found by the lock, not by having it open")
    func lockHolder() throws {
        scratch.write([1], to: "copy")
        let reader = open(scratch.file("copy"), O_RDWR)
        defer { close(reader) }
        #expect(FileHolders.locking(scratch.file("copy")) == nil)
        let file = try LockedFile.open(scratch.file("copy"), rules: .copy(of: nil))
        #expect(FileHolders.locking(scratch.file("copy"))?.process == Int(getpid()))
        withExtendedLifetime(file) {}
    }
}
