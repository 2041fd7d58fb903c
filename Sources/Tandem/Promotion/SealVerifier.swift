internal import TandemCore
internal import TandemSystem

/// Walks all records of a copy and compares each with its seal.
struct SealVerifier {
    private static let problemsMax = 20

    let access: CopyAccess
    /// Records whose place in the tables does not matter, as the journal brings them.
    var covered: Set<UInt64> = []
    /// Sound records of cuts later than the certificate's, among those not covered.
    private(set) var ahead = Ahead()

    struct Ahead {
        var first = ""
        var count = 0
        var newest: UInt64 = 0
    }

    static func key(_ table: Int, _ index: Int) -> UInt64 { UInt64(table) << 32 | UInt64(index) }

    /// Adds counts and problems to `certificate`; calls `visit` with each sealed record's header.
    mutating func verify(
        _ certificate: inout Certificate, visit: (_ table: Int, _ index: Int, _ seal: UInt32, _ epoch: UInt64) -> Void = { _, _, _, _ in }
    ) throws(TandemError) {
        var unnamed = 0
        let cut = certificate.cut
        for (table, definition) in zip(access.layout.tables, access.layout.definitions) {
            var row = Certificate.Table(name: definition.name, records: table.capacity, changed: 0, damaged: 0)
            // What is read stays in the second cache until it is looked at.
            let pagesPerRead = max(1, (256 << 10) / table.pageBytes)
            var buffer = [UInt8](repeating: 0, count: pagesPerRead * table.pageBytes)
            for first in stride(from: 0, to: table.pageCount, by: pagesPerRead) {
                let count = min(pagesPerRead, table.pageCount - first)
                try access.read(into: &buffer, count: count * table.pageBytes, at: table.offset + first * table.pageBytes)
                buffer.withUnsafeBytes { raw in
                    for page in 0 ..< count {
                        PageImage.forEachSlot(
                            of: table, onPage: first + page, at: raw.baseAddress! + page * table.pageBytes, checksum: LinuxChecksum.crc32c
                        ) { index, slot, isSealed in
                            let epoch = slot.load(fromByteOffset: 8, as: UInt64.self)
                            let isCovered = covered.contains(Self.key(table.number, index))
                            if isCovered || isSealed && epoch != 0 { row.changed += 1 }
                            if isSealed {
                                certificate.sealsVerified += 1
                                if epoch > cut, !isCovered { note(epoch, definition.name, index) }
                                visit(table.number, index, UInt32(truncatingIfNeeded: slot.load(as: UInt64.self) >> 32), epoch)
                            } else if !isCovered {
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

    private mutating func note(_ epoch: UInt64, _ table: String, _ index: Int) {
        if ahead.count == 0 { ahead.first = "\(table)[\(index)]" }
        ahead.count += 1
        ahead.newest = max(ahead.newest, epoch)
    }

    /// An image is written only when its cut is whole on the copy. Records ahead of the journal's end say that the journal held
    /// more, and the tables are no cut then: what else those cuts changed is gone.
    func judge(_ certificate: inout Certificate, journalEnd cut: UInt64) {
        guard ahead.newest > cut else { return }
        certificate.isConsistent = false
        let more = ahead.count > 1 ? " and \(ahead.count - 1) more records are" : " is"
        certificate.problems.append(
            "\(ahead.first)\(more) of cuts up to \(ahead.newest), but the journal ends at cut \(cut): it held them and has lost them")
    }
}
