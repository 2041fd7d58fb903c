internal import TandemCore
internal import TandemSystem

/// Walks all records of a copy and compares each with its seal.
package struct SealVerifier {
    private static let problemsMax = 20
    /// What is read stays in the second cache until it is looked at.
    private static let readBytes = 256 << 10

    package typealias Visit = (_ table: Int, _ index: Int, _ seal: UInt32, _ epoch: UInt64) -> Void

    let access: CopyAccess
    /// Calls are waiting for this. Anything else leaves the other processors to the programs that have them.
    var usesAllProcessors: Bool
    /// What one processor takes at a time.
    var stretchBytes = TableLayout.stretchBytes
    /// Records whose place in the tables does not matter, as the journal brings them.
    var covered: Set<UInt64> = []
    /// Sound records of cuts later than the certificate's, among those not covered.
    private(set) var ahead = Ahead()

    package init(access: CopyAccess, usesAllProcessors: Bool = false) {
        self.access = access
        self.usesAllProcessors = usesAllProcessors
    }

    struct Ahead {
        var first = ""
        var count = 0
        var newest: UInt64 = 0

        fileprivate mutating func note(_ epoch: UInt64, _ record: @autoclosure () -> String) {
            if count == 0 { first = record() }
            count += 1
            newest = max(newest, epoch)
        }

        fileprivate mutating func add(_ other: Ahead) {
            if count == 0 { first = other.first }
            count += other.count
            newest = max(newest, other.newest)
        }
    }

    /// What some pages of a table hold.
    private struct Stretch {
        var changed = 0
        var sealed = 0
        /// Those of them that were seen when they arrived.
        var arrived = 0
        var damaged = 0
        /// The first of those that are damaged.
        var named: [Int] = []
        var ahead = Ahead()
    }

    static func key(_ table: Int, _ index: Int) -> UInt64 { UInt64(table) << 32 | UInt64(index) }

    /// Adds counts and problems to `certificate`; calls `visit` with each sealed record's header, in order.
    package mutating func verify(_ certificate: inout Certificate, visit: Visit? = nil) throws(TandemError) {
        var unnamed = 0
        for (table, definition) in zip(access.layout.tables, access.layout.definitions) {
            var row = Certificate.Table(name: definition.name, records: table.capacity, changed: 0, damaged: 0)
            let (verifier, cut) = (self, certificate.cut)
            let stretches = try table.inStretches(
                of: stretchBytes, usesAllProcessors: usesAllProcessors && visit == nil
            ) { pages throws(TandemError) in
                try verifier.walk(table, definition.name, pages, after: cut, visit)
            }
            row.changed += access.arrival?.written[table.number] ?? 0
            for found in stretches {
                row.changed += found.changed
                row.damaged += found.damaged
                certificate.sealsVerified += found.sealed
                certificate.verifiedOnArrival += found.arrived
                ahead.add(found.ahead)
                let named = found.named.prefix(max(0, Self.problemsMax - certificate.problems.count))
                certificate.problems += named.map { "\(definition.name)[\($0)]: its seal does not match" }
                unnamed += found.damaged - named.count
            }
            certificate.tables.append(row)
        }
        if unnamed > 0 { certificate.problems.append("\(unnamed) more records with broken seals") }
    }

    private func walk(
        _ table: TableLayout, _ name: String, _ pages: Range<Int>, after cut: UInt64, _ visit: Visit?
    ) throws(TandemError) -> Stretch {
        var stretch = Stretch()
        let pagesPerRead = max(1, Self.readBytes / table.pageBytes)
        var buffer: [UInt8] = []
        for first in stride(from: pages.lowerBound, to: pages.upperBound, by: pagesPerRead) {
            let count = min(pagesPerRead, pages.upperBound - first)
            let arrived = access.arrival?.soundRecords(of: table, on: first ..< first + count)
            if let arrived {
                stretch.arrived += arrived.records
                stretch.sealed += arrived.records
                if arrived.pages == count { continue }
            }
            let offset = table.offset + first * table.pageBytes
            try access.withBytes(at: offset, count: count * table.pageBytes, through: &buffer) { images in
                for page in 0 ..< count where access.arrival?.isSound(table, page: first + page) != true {
                    PageImage.forEachSlot(
                        of: table, onPage: first + page, at: images + page * table.pageBytes,
                        checksum: LinuxChecksum.crc32c
                    ) { index, slot, isSealed in
                        look(table, name, index, slot, isSealed, after: cut, &stretch)
                        guard isSealed, let visit else { return }
                        visit(
                            table.number, index, UInt32(truncatingIfNeeded: slot.load(as: UInt64.self) >> 32),
                            Self.epoch(slot))
                    }
                }
            }
        }
        return stretch
    }

    private func look(
        _ table: TableLayout, _ name: String, _ index: Int, _ slot: UnsafeRawPointer, _ isSealed: Bool,
        after cut: UInt64,
        _ stretch: inout Stretch
    ) {
        let epoch = Self.epoch(slot)
        let isCovered = !covered.isEmpty && covered.contains(Self.key(table.number, index))
        if isCovered || isSealed && epoch != 0 { stretch.changed += 1 }
        if isSealed {
            stretch.sealed += 1
            if epoch > cut, !isCovered { stretch.ahead.note(epoch, "\(name)[\(index)]") }
        } else if !isCovered {
            stretch.damaged += 1
            if stretch.named.count < Self.problemsMax { stretch.named.append(index) }
        }
    }

    private static func epoch(_ slot: UnsafeRawPointer) -> UInt64 { slot.load(fromByteOffset: 8, as: UInt64.self) }

    /// An image is written only when its cut is whole on the copy. Records ahead of the journal's end say that the
    /// journal held more, and the tables are no cut then: what else those cuts changed is gone. While the copy is being
    /// brought together images come first, and the journal has lost nothing.
    func judge(_ certificate: inout Certificate, journalEnd cut: UInt64) {
        guard ahead.newest > cut, access.slot.role != .syncing else { return }
        certificate.isConsistent = false
        let more = ahead.count > 1 ? " and \(ahead.count - 1) more records are" : " is"
        certificate.problems.append(
            """
            \(ahead.first)\(more) of cuts up to \(ahead.newest), but the journal ends at cut \(cut): it held them and \
            has lost them
            """
        )
    }
}
