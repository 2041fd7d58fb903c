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

    @Test("Several rows at once give what each gives alone, of any length, number, distance and seed")
    func rows() {
        let bytes = (0 ..< 12_000).map { UInt8(truncatingIfNeeded: $0 &* $0 &* 31 >> 3) }
        bytes.withUnsafeBytes { raw in
            for length in Array(0 ... 40) + [247, 248, 249, 512] {
                for count in 0 ... 11 {
                    let (first, stride) = (raw.baseAddress! + count % 3, length + 1 + count * 7)
                    let seeds = (0 ..< count).map { UInt32($0) &* 0x9E37_79B1 }
                    var sums = seeds
                    sums.withUnsafeMutableBufferPointer {
                        LinuxChecksum.crc32c.rows(first, stride: stride, byteCount: length, sums: $0)
                    }
                    let alone = seeds.enumerated().map { LinuxChecksum.crc32c(first + $0 * stride, length, seed: $1) }
                    #expect(sums == alone, "\(count) rows of \(length) bytes")
                }
            }
        }
    }
}
