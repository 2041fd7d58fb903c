import Glibc
import TandemSystem
import TestSupport
import Testing

@Suite("Bytes of a copy that nobody replicates to")
struct FileBytesTests {
    @Test(
        "A hole and written zeros are zero, one byte among them is not, and what is outside of the file is an error",
        arguments: ["/tmp", "/dev/shm"])
    func zeros(parent: String) throws {
        let scratch = Scratch(in: parent)
        var zeros = [UInt8](repeating: 0, count: 64 << 10)
        zeros[40_000] = 1
        scratch.write(zeros, to: "copy")
        try #require(truncate(scratch.file("copy"), 256 << 10) == 0)
        let descriptor = open(scratch.file("copy"), O_WRONLY)
        var one: UInt8 = 1
        let written = pwrite(descriptor, &one, 1, 200_000)
        try #require(written == 1 && close(descriptor) == 0)
        let bytes = try FileBytes(path: scratch.file("copy"), writable: false)
        #expect(try bytes.isZero(128 << 10, at: 64 << 10), "a hole")
        #expect(try !bytes.isZero(160 << 10, at: 64 << 10), "a hole, and a byte in it")
        #expect(try bytes.isZero(39_936, at: 0), "written zeros")
        #expect(try !bytes.isZero(128 << 10, at: 0), "a byte, and a hole behind it")
        #expect(try !bytes.isZero(1, at: 40_000) && bytes.isZero(4096, at: 40_001))
        #expect(throws: (any Error).self) { try bytes.isZero(4097, at: 252 << 10) }
    }

    @Test(
        "What was reserved and never written is passed over, and nothing that was written is",
        arguments: ["/tmp", "/dev/shm"])
    func written(parent: String) throws {
        let scratch = Scratch(in: parent)
        scratch.write([], to: "copy")
        let descriptor = open(scratch.file("copy"), O_WRONLY)
        try #require(posix_fallocate(descriptor, 0, 1 << 20) == 0)
        let pages = [0, 40 << 10, 44 << 10, 900 << 10]
        for offset in pages {
            var one: UInt8 = 1
            try #require(pwrite(descriptor, &one, 1, off_t(offset)) == 1)
        }
        try #require(close(descriptor) == 0)
        let bytes = try FileBytes(path: scratch.file("copy"), writable: false)
        func stretches(in range: Range<Int>) -> [Range<Int>] {
            var found: [Range<Int>] = []
            var from = range.lowerBound
            while let next = bytes.written(in: from ..< range.upperBound) {
                found.append(next)
                from = next.upperBound
            }
            return found
        }
        for offset in pages { #expect(stretches(in: 0 ..< 1 << 20).contains { $0.contains(offset) }, "\(offset)") }
        #expect(stretches(in: 0 ..< 1 << 20).map(\.count).reduce(0, +) < 512 << 10, "the rest is passed over")
        #expect(stretches(in: 200 << 10 ..< 800 << 10).isEmpty)
        #expect(stretches(in: 42 << 10 ..< 46 << 10) == [42 << 10 ..< 46 << 10], "and no more than was asked for")
        #expect(bytes.written(in: 40 << 10 ..< 40 << 10) == nil)
    }
}
