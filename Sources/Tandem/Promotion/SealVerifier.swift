internal import TandemCore
internal import TandemSystem

/// Walks all records of a copy and compares each with its seal.
struct SealVerifier {
    private static let problemsMax = 20

    let access: CopyAccess
    /// Records whose place in the tables does not matter, as the journal brings them.
    var covered: Set<UInt64> = []

    static func key(_ table: Int, _ index: Int) -> UInt64 { UInt64(table) << 32 | UInt64(index) }

    /// Adds counts and problems to `certificate`; calls `visit` with each sealed record's header.
    func verify(
        _ certificate: inout Certificate, visit: (_ table: Int, _ index: Int, _ seal: UInt32, _ epoch: UInt64) -> Void = { _, _, _, _ in }
    ) throws(TandemError) {
        var unnamed = 0
        for (table, definition) in zip(access.layout.tables, access.layout.definitions) {
            var row = Certificate.Table(name: definition.name, records: table.capacity, changed: 0, damaged: 0)
            let pagesPerRead = max(1, (1 << 20) / table.pageBytes)
            var buffer = [UInt8](repeating: 0, count: pagesPerRead * table.pageBytes)
            for first in stride(from: 0, to: table.pageCount, by: pagesPerRead) {
                let count = min(pagesPerRead, table.pageCount - first)
                try read(&buffer, count * table.pageBytes, at: table.offset + first * table.pageBytes)
                buffer.withUnsafeBytes { raw in
                    for page in 0 ..< count {
                        for (place, index) in table.records(onPage: first + page).enumerated() {
                            let slot = raw.baseAddress! + page * table.pageBytes + place * table.slotBytes
                            let epoch = slot.load(fromByteOffset: 8, as: UInt64.self)
                            if PageImage.isSealed(table, index, at: slot, checksum: LinuxChecksum.crc32c) {
                                certificate.sealsVerified += 1
                                if epoch != 0 { row.changed += 1 }
                                visit(table.number, index, UInt32(truncatingIfNeeded: slot.load(as: UInt64.self) >> 32), epoch)
                            } else if !covered.contains(Self.key(table.number, index)) {
                                row.damaged += 1
                                if certificate.problems.count < Self.problemsMax {
                                    certificate.problems.append("\(definition.name)[\(index)]: its seal does not match")
                                } else {
                                    unnamed += 1
                                }
                            }
                        }
                    }
                }
            }
            certificate.tables.append(row)
        }
        if unnamed > 0 { certificate.problems.append("\(unnamed) more records with broken seals") }
    }

    private func read(_ buffer: inout [UInt8], _ count: Int, at offset: Int) throws(TandemError) {
        let bytes = access.bytes
        do throws(CopyFailure) {
            try buffer.withMutableBytes { raw throws(CopyFailure) in
                try bytes.read(into: UnsafeMutableRawBufferPointer(rebasing: raw[..<count]), at: offset)
            }
        } catch { throw error.asTandemError(access.path) }
    }
}
