import Glibc
import TandemCore
import TestSupport
import Testing

@testable import TandemSystem

@Suite struct MappedFileTests {
    private let scratch = Scratch()
    private var path: String { scratch.file("source") }

    @Test(arguments: [true, false]) func `A file appears whole, private, and with what was prepared`(unnamed: Bool)
        throws
    {
        let scratch = scratch
        let file = try MappedFile.create(path: path, bytes: 8192, placement: .automatic, unnamed: unnamed) { base in
            #expect(scratch.byteCount("source") == -1)
            base.storeBytes(of: 0x5A, toByteOffset: 8191, as: UInt8.self)
        }
        #expect(scratch.names == ["source"])
        #expect(scratch.read("source", count: 1, at: 8191) == [0x5A])
        #expect(try FileStatus.named(path).mode == 0o600)
        #expect(file.byteCount == 8192 && file.isStillNamed)
    }

    @Test(arguments: [true, false]) func `What fails while it is prepared leaves nothing behind`(unnamed: Bool) {
        #expect(throws: TandemError.self) {
            try MappedFile.create(path: path, bytes: 4096, placement: .automatic, unnamed: unnamed) {
                _ throws(TandemError) in
                throw TandemError(.aborted)
            }
        }
        #expect(scratch.names.isEmpty)
    }

    @Test(arguments: [true, false]) func `Of many creators at once one wins, and the others are told so`(unnamed: Bool)
        async
    {
        let path = path
        let winners = await withTaskGroup(of: Bool.self) { group in
            for _ in 0 ..< 16 {
                group.addTask {
                    do throws(TandemError) {
                        _ = try MappedFile.create(path: path, bytes: 4096, placement: .automatic, unnamed: unnamed) {
                            _ in
                        }
                        return true
                    } catch {
                        #expect(error.code == .exists)
                        return false
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(winners == 1)
        #expect(scratch.names == ["source"])
    }

    @Test func `A copy in memory that is cut short while its journal is applied is an error, and no signal`() throws {
        let memory = Scratch(in: "/dev/shm")
        let path = memory.file("copy")
        memory.write([UInt8](repeating: 7, count: 1 << 20), to: "copy")
        let descriptor = open(path, O_RDWR)
        defer { close(descriptor) }
        let mapped = try #require(MappedBytes(inMemory: descriptor))
        let base = try #require(mapped.memory).baseAddress!
        #expect(try mapped.guarded { base.load(as: UInt8.self) } == 7)
        #expect(throws: CopyFailure(.inputOutput, errno: EIO)) {
            try mapped.guarded { () throws(CopyFailure) in
                truncate(path, 8192)
                // Once where the copy still is, and all over what is gone.
                for offset in stride(from: 0, to: 1 << 20, by: 4096) {
                    (base + offset).storeBytes(of: 1, as: UInt8.self)
                }
            }
        }
        #expect(memory.read("copy", count: 2, at: 4095) == [7, 1])
    }

    @Test(.enabled(if: Sanitizer.isOff, "a sanitizer leaves too few addresses"))
    func `More than the file system holds is refused at creation`() {
        let memory = Scratch(in: "/dev/shm")
        let error = #expect(throws: TandemError.self) {
            try MappedFile.create(path: memory.file("source"), bytes: 1 << 45) { _ in }
        }
        #expect(error?.code == .noSpace)
    }

    @Test func `A mapping shows what another one writes`() throws {
        let writer = try MappedFile.create(path: path, bytes: 4096) { _ in }
        let reader = try MappedFile.open(path: path, writable: false)
        writer.base.storeBytes(of: 77, as: UInt64.self)
        #expect(reader.base.load(as: UInt64.self) == 77)
        #expect(reader.identity == writer.identity && !reader.isWritable)
    }

    @Test func `A replaced file is noticed`() throws {
        let file = try MappedFile.create(path: path, bytes: 4096) { _ in }
        rename(path, scratch.file("elsewhere"))
        #expect(!file.isStillNamed)
    }

    @Test func `Files that others can reach or replace are refused by name, with a remedy`() throws {
        scratch.write([1], to: "open", mode: 0o644)
        scratch.write([1], to: "linked")
        link(scratch.file("linked"), scratch.file("twin"))
        symlink(scratch.file("linked"), scratch.file("alias"))
        mkfifo(scratch.file("pipe"), 0o600)
        for name in ["open", "linked", "twin", "alias", "pipe", "."] {
            let error = #expect(throws: TandemError.self) {
                try MappedFile.open(path: scratch.file(name), writable: true)
            }
            #expect(error?.code == .unsafeFile, "\(name)")
            #expect(error?.detail?.subject == scratch.file(name))
            #expect(error?.detail?.remedy.isEmpty == false)
        }
    }

    @Test func `Missing, empty and impossible paths are told apart`() {
        scratch.write([], to: "empty")
        func code(_ path: String) -> TandemError.Code? {
            #expect(throws: TandemError.self) { try MappedFile.open(path: path, writable: true) }?.code
        }
        #expect(code(path) == .notFound)
        #expect(code(scratch.file("empty")) == .wrongLength)
        #expect(code("") == .badArgument)
        #expect(code("a\u{0}b") == .badArgument)
    }
}
