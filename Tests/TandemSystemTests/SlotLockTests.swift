import Glibc
import TandemCore
import TandemSystem
import TestSupport
import Testing

@Suite struct SlotLockTests {
    @Test func `A byte is held once, also within one process, and freed with its lock`() throws {
        let scratch = Scratch()
        let file = try MappedFile.create(path: scratch.file("source"), bytes: 4096) { _ in }
        var held = try SlotLock.tryAcquire(file: file, byte: 256)
        #expect(held != nil)
        #expect(try SlotLock.tryAcquire(file: file, byte: 256) == nil)
        #expect(try SlotLock.isHeld(file: file, byte: 256))
        #expect(try !SlotLock.isHeld(file: file, byte: 257))
        held = nil
        #expect(try !SlotLock.isHeld(file: file, byte: 256))
        #expect(try SlotLock.tryAcquire(file: file, byte: 256) != nil)
    }

    @Test func `A renamed file keeps its locks`() throws {
        let pair = try Pair()
        let held = try SlotLock.tryAcquire(file: pair.source, byte: 9)
        rename(pair.source.path, pair.scratch.file("elsewhere"))
        #expect(try SlotLock.tryAcquire(file: pair.source, byte: 9) == nil)
        withExtendedLifetime(held) {}
    }
}
