import TandemCore

/// Identity and schema: either refused by name, or a layout that says the very same bytes.
final class SchemaTarget: FuzzTarget {
    private static let bases = [FuzzLayout.exchange, FuzzLayout.single, FuzzLayout.most].map {
        Identity.encode($0, checksum: fuzzChecksum)
    }
    private let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: Identity.byteCount, alignment: 16)

    /// Each base as it is; one field changed; numbers instead of bytes.
    static let seeds: [[UInt8]] = [
        [0], [1], [2], [0x80], [0x40], [0, 0, 22, 3, 1], [2, 0, 24, 0, 9], [0x10, 3, 8, 100, 0, 50, 1, 2],
        [0, 0, 4, 3, 1, 0, 9, 3, 0x10],
    ]

    init() {}
    deinit { bytes.deallocate() }

    func run(_ input: FuzzInput) throws(Finding) -> Bool {
        var input = input
        let mode = input.byte()
        return mode & 0x30 == 0x10 ? try arguments(&input) : try header(mode, &input)
    }

    private func header(_ mode: UInt8, _ input: inout FuzzInput) throws(Finding) -> Bool {
        bytes.copyBytes(from: Self.bases[Int(mode & 15) % Self.bases.count])
        input.tell(
            "the header of \(["three tables", "one small table", "62 tables"][Int(mode & 15) % Self.bases.count])")
        while !input.isAtEnd { bytes.edit(IdentityPlaces.all, &input) }
        if mode & 0x80 == 0 { bytes.sealIdentity() } else { input.tell("its checksum is left as it is") }
        let isShort = mode & 0x40 != 0
        if isShort { input.tell("its last byte is missing") }
        let file = UnsafeRawBufferPointer(
            rebasing: UnsafeRawBufferPointer(bytes)[..<(Identity.byteCount - (isShort ? 1 : 0))])
        let layout: FileLayout
        do throws(TandemError) {
            layout = try Identity.decode(file, path: "file", checksum: fuzzChecksum)
        } catch {
            input.tell("refused: \(error)")
            try expect(
                [.notTandem, .formatVersion, .corrupt].contains(error.code), "an error of another kind: \(error)")
            try expect(error.detail?.subject == "file", "an error that does not name the file: \(error)")
            return false
        }
        input.tell("taken: \(layout.tables.count) tables")
        try expect(!isShort, "a header that is one byte short was taken")
        try LayoutRules.check(layout)
        try expect(
            bytes.isEqual(to: Identity.encode(layout, checksum: fuzzChecksum)),
            "the layout says other bytes than it was read from")
        return true
    }

    /// A layout from numbers, as `create` is given them.
    private func arguments(_ input: inout FuzzInput) throws(Finding) -> Bool {
        func number(_ usual: Int) -> Int { Int(bitPattern: UInt(truncatingIfNeeded: input.value(near: UInt64(usual)))) }
        let tables = (0 ..< input.number(below: 64)).map { row in
            TableDefinition(
                name: String(repeating: "a", count: input.number(below: 34)) + "\(row)", payloadBytes: number(64),
                capacity: number(1000),
                sharing: .shared)
        }
        let (writers, segment, undoBytes, journal) = (number(16), number(64 << 10), number(1 << 20), number(1 << 20))
        for table in tables {
            input.tell("a table '\(table.name)' of \(table.capacity) records of \(table.payloadBytes) bytes")
        }
        input.tell(
            "\(writers) writers, \(undoBytes) undo bytes in segments of \(segment), a journal of \(journal) bytes")
        let layout: FileLayout
        do throws(TandemError) {
            layout = try FileLayout(
                tables: tables, writerCount: writers, undoBytes: undoBytes, undoSegmentBytes: segment,
                journalBytes: journal)
        } catch {
            input.tell("refused: \(error)")
            try expect(error.code == .badArgument, "an error of another kind: \(error)")
            return false
        }
        try LayoutRules.check(layout)
        let bytes = Identity.encode(layout, checksum: fuzzChecksum)
        let again = bytes.withUnsafeBytes { try? Identity.decode($0, path: "file", checksum: fuzzChecksum) }
        try expect(again == layout, "a layout that was taken comes back as \(String(describing: again))")
        return true
    }
}
