/// The first 16 KiB of files that earlier versions of Tandem have written, as they stood on the disk: what is not zero,
/// by offset. One table `calls` of 100 records of 48 bytes, 2 writers, a journal of 64 KiB.
package enum FormerFormat: String, CaseIterable, Sendable {
    case source1 = "a source of format 1"
    case copy1 = "a copy of format 1"

    package var number: Int { 1 }

    package var header: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 16_384)
        for (offset, digits) in Self.identity1 + slots {
            for (place, start) in stride(from: 0, to: digits.count, by: 2).enumerated() {
                let byte = digits.dropFirst(start).prefix(2)
                bytes[offset + place] = UInt8(byte, radix: 16)!
            }
        }
        return bytes
    }

    private static let identity1 = [
        (0, "54414e44454d30310100000001000000020000000080000000008000000000004000000000000000"),
        (40, "00d040010000000000f04001000000000000010000000000"), (252, "74a2df05"), (256, "63616c6c73"),
        (288, "30000000400000000010000000000000640000000000000000d0400100000000"), (328, "02"),
    ]

    private var slots: [(Int, String)] {
        switch self {
        case .source1:
            [
                (8192, "544e445354415445"), (8208, "a9bb0965724bddd6956ca80b8c7b4f4101"), (8256, "70503f5df527ec18"),
                (8700, "880f8497"),
                (12_288, "544e4453544154450100000000000000a9bb0965724bddd6956ca80b8c7b4f4101"),
                (12_352, "70503f5df527ec18"), (12_796, "8434fa4a"),
            ]
        case .copy1:
            [
                (8192, "544e4453544154450400000000000000a9bb0965724bddd6956ca80b8c7b4f4103"), (8233, "10"),
                (8240, "0200000000000000020000000000000083f804bbf527ec18"), (8700, "3a34f00f"),
                (12_288, "544e4453544154450300000000000000a9bb0965724bddd6956ca80b8c7b4f4103"), (12_344, "02"),
                (12_352, "d250477df527ec18"), (12_796, "d272075c"),
            ]
        }
    }
}
