import TandemCore
import Testing

/// What may be laid out as a copy: nothing but what is nobody's.
@Suite("A blank file is told from somebody's")
struct BlankTests {
    private let layout = TestSource.small().layout

    private func examine(_ bytes: [UInt8]) throws -> CopyExamination {
        let copy = MemoryCopy()
        copy.bytes = bytes
        return try CopyExaminer.examine(copy, expected: layout, path: "copy", checksum: testChecksum)
    }

    private var zeros: [UInt8] { [UInt8](repeating: 0, count: layout.copyBytes) }

    private var header: [UInt8] {
        let slot = StateSlot(sequence: 1, generation: Generation(high: 7, low: 7), role: .syncing)
        return CopyFormatter.header(layout: layout, slot: slot, checksum: testChecksum)
    }

    @Test("P6: whatever is left of a layout that was stopped half-way is blank, and not refused for ever")
    func unfinished() throws {
        let whole = header
        for kept in stride(from: 0, to: StateSlot.offsets[0] + StateSlot.byteCount - 1, by: 509) {
            var bytes = zeros
            bytes.replaceSubrange(..<kept, with: whole[..<kept])
            #expect(try examine(bytes).isBlank, "the first \(kept) bytes")
        }
        // Sectors arrive in any order; without the first, or without both slots, it is no copy.
        for lost in [[0], [8192, 12288], [0, 8192]] {
            var bytes = zeros
            bytes.replaceSubrange(..<whole.count, with: whole)
            for sector in lost { bytes.replaceSubrange(sector ..< sector + 512, with: repeatElement(0, count: 512)) }
            #expect(try examine(bytes).isBlank, "without sectors at \(lost)")
        }
    }

    @Test("P6: a damaged header with anything behind it, or with a byte of another hand, is refused")
    func damaged() throws {
        for (place, value) in [
            (layout.tablesOffset + 5, 1), (3, 0xFF), (100, 1), (8192, 1), (8700, 1), (9000, 1), (16_383, 1),
            (16_384, 1), (layout.runtime.writers, 1),
        ] as [(Int, UInt8)] {
            var bytes = zeros
            bytes.replaceSubrange(..<4096, with: header[..<4096])
            bytes[place] = value
            #expect(try examine(bytes).refusal != nil, "byte \(place)")
        }
    }

    @Test(
        "P6: a file that begins with zeros and holds data further on is refused",
        arguments: [
            16_384, 32_769, 65_600, (1 << 20) - 1, -1,
        ])
    func data(place: Int) throws {
        var bytes = zeros
        bytes[place < 0 ? bytes.count + place : place] = 1
        #expect(try examine(bytes).refusal?.code == .notTandem)
        #expect(try examine(zeros).isBlank)
    }
}

extension CopyExamination {
    fileprivate var isBlank: Bool { if case .blank = self { true } else { false } }
    fileprivate var refusal: TandemError? { if case .foreign(let error) = self { error } else { nil } }
}
