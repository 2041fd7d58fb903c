import TandemCore
import TandemSystem
import Testing

@Suite struct LinuxChecksumTests {
    private let digits = Array("123456789".utf8)

    @Test func `The check value is the standard's`() {
        #expect(digits.withUnsafeBytes { LinuxChecksum.crc32c($0) } == 0xE306_9283)
    }

    @Test func `No bytes give the seed back`() {
        #expect(LinuxChecksum.crc32c(UnsafeRawBufferPointer(start: nil, count: 0), seed: 7) == 7)
        #expect(digits.withUnsafeBytes { LinuxChecksum.crc32c($0.baseAddress!, 0, seed: 7) } == 7)
    }

    @Test func `Pieces chain to the checksum of the whole`() {
        let bytes = (0 ..< 10_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        bytes.withUnsafeBytes { raw in
            let whole = LinuxChecksum.crc32c(raw)
            for cut in [0, 1, 7, 64, 4095, 9999, 10_000] {
                let first = LinuxChecksum.crc32c(raw.baseAddress!, cut)
                #expect(LinuxChecksum.crc32c(raw.baseAddress! + cut, 10_000 - cut, seed: first) == whole)
            }
        }
    }
}
