import TandemCore
import TandemStandby
import TandemSystem

/// What is asked for by the export's name.
extension StandbyTarget {
    private static let generations = [
        FuzzLayout.generation, Generation(high: 7, low: 8), Generation(high: 1 << 63, low: .max),
    ]

    /// A session, as a replicator asks for it.
    func open(_ code: UInt8) throws(Finding) {
        let session = code < 10 ? model.highest &+ 1 &+ UInt64(code & 1) : input.value(near: model.highest)
        let generation = Self.generations[Int(code) % 3]
        let (copy, other) = (layout.copyBytes, model.holderBytes)
        let counts = [copy, copy, copy, copy, 20_480, 20_481, copy + 1, copy - 1, other, 1 << 47, 40_961]
        let byteCount = counts[input.number(below: counts.count)]
        try connect("\(Self.name)?session=\(session)&generation=\(generation)&bytes=\(byteCount)") {
            (session, generation, byteCount)
        }
    }

    /// Who looks and touches nothing.
    func look() throws(Finding) { try connect(input.byte() & 1 == 0 ? "" : Self.name) { nil } }

    private static let pieces = [
        "copy", "?", "&", "=", "session=", "generation=", "bytes=", "session", "0", "1", "9", "20480", "-", "+", " ",
        "00000000000000070000000000000007", "18446744073709551615", "4611686018427387904", "é", "\n", "\t", "%00", "/",
        "session=1&", "generation=00000000000000070000000000000007&", "bytes=20480", "٣", "copy?", "&&",
        "140737488355328",
    ]

    /// A name put together of pieces and bytes. What is taken must say the same when it is put together again.
    func openOddly() throws(Finding) {
        var text: [UInt8] = []
        let count = input.number(below: 16)
        for _ in 0 ..< count {
            let piece = input.number(below: 40)
            if piece < Self.pieces.count { text += Self.pieces[piece].utf8 } else { text.append(max(1, input.byte())) }
        }
        // As a C string becomes one.
        let name = String(decoding: text, as: UTF8.self)
        let asked = try? ExportName(parsing: name)
        if let asked {
            let again = try? ExportName(parsing: asked.text)
            try expect(again == asked, "'\(name)' is \(asked), and put together again \(String(describing: again))")
        }
        guard let asked, asked.name.isEmpty || asked.name == Self.name else {
            do throws(TandemError) { _ = try standby.connect(name, peer: "odd") } catch {
                input.tell("'\(name)' is refused: \(error.code)")
                return try expect(
                    error.code == (asked == nil ? .badArgument : .notFound), "an error of another kind: \(error)")
            }
            throw Finding("'\(name)' is opened")
        }
        // Another length would take memory that is not there to be filled.
        if let session = asked.session, (layout.copyBytes + 2 ..< 1 << 40).contains(session.byteCount) { return }
        try connect(name) { asked.session.map { ($0.number, $0.generation, $0.byteCount) } }
    }

    private func connect(
        _ text: String, _ session: () -> (number: UInt64, generation: Generation, byteCount: Int)?
    ) throws(Finding) {
        let asked = session()
        var codes: Set<TandemError.Code?> = [nil]
        if let asked {
            let isPossible =
                StandbyModel.sessions.contains(asked.number) && StandbyModel.byteCounts.contains(asked.byteCount)
            codes =
                isPossible ? model.opening(asked.number, asked.generation, asked.byteCount) : [.badArgument]
        }
        let connection: StandbyConnection
        do throws(TandemError) { connection = try standby.connect(text, peer: "peer") } catch {
            input.tell("'\(text)' is refused: \(error.code)")
            try expect(codes.contains(error.code), "'\(text)' is refused with \(error), not \(codes)")
            return try compare()
        }
        input.tell("'\(text)' is opened")
        try expect(codes.contains(nil), "'\(text)' is opened, and not refused with \(codes)")
        if let asked { model.taken(asked.number, asked.byteCount) }
        let link = Link(
            connection: connection, session: asked?.number ?? 0,
            byteCount: asked?.byteCount ?? model.named?.bytes.count ?? 0)
        try expect(
            connection.byteCount == link.byteCount && connection.exportBytes == link.exportBytes
                && connection.isWritable == (asked != nil),
            "an export of \(connection.exportBytes) bytes for a file of \(link.byteCount)")
        remember(link)
        try compare()
    }
}
