import TandemCore
import TandemStandby
import TandemSystem

/// What a server may answer, from its greeting to the last byte of a copy: a real connection to one that lies as the
/// input says. And the words that a standby's parts say to each other, as text and as a page.
final class ServerTarget: FuzzTarget {
    private let scripted = ScriptedCopy()
    private let server = LyingServer()
    private let address: NBDAddress
    private var layout: FileLayout { scripted.copy.layout }
    private var sessions: UInt64 = 0

    init() {
        do throws(TandemError) { address = try NBDAddress("nbd+unix:///copy?socket=\(server.path)") } catch {
            fatalError("\(error)")
        }
    }

    deinit { server.stop() }

    /// How many bytes say where the server lies; those; then as for `copy`: the first what is left unsealed, cuts,
    /// edits. With a first byte of 0xF0 and more: words.
    static let seeds: [[UInt8]] = {
        let cut: [UInt8] = [0, 3, 0, 5, 0xAA, 1, 7, 0xBB, 2, 1, 0xCC]
        var seeds: [[UInt8]] = [
            [0x40, 0x80], [0x40, 1] + cut, [0x40, 0, 3, 3, 1], [0x40, 0x90, 0, 4, 3], [0, 2] + cut,
        ]
        // One lie each, at the greeting, at either option, at one of the first requests.
        for lie in 1 ..< 16 as Range<UInt8> {
            seeds.append([0x42, 0, lie, 0, 0, 2] + cut + cut)
            seeds.append([0x45, 0, 0, lie | 0x30, 5, 9, 2] + cut)
            seeds.append([0x05, 0, 0, lie, 3, 1, 1] + cut)
        }
        for lie in 1 ..< 8 as Range<UInt8> {
            seeds.append([0x41, lie | 0x28, 1] + cut)
            for place in 0 ..< 6 {
                seeds.append([0x48, 0, 0, 0] + [UInt8](repeating: 0, count: place) + [lie, 5, 2] + cut)
            }
        }
        seeds += (0 ..< 4).map { [0xF0 | $0] + "state held\nsession 7\nprocess 9\npeer x\n\n".utf8 }
        seeds += (0 ..< 4).map { [0xF4 | $0] + "opened\t7\tlocal\t00".utf8 }
        return seeds + [[0xF8, 3, 1, 5, 2], [0xF8], [0xFC] + "copy?session=1&generation=".utf8]
    }()

    func run(_ input: FuzzInput) throws(Finding) -> Bool {
        var input = input
        let mode = input.byte()
        if mode >= 0xF0 { return try words(mode, &input) }
        let lies = (0 ..< mode & 0x1F).map { _ in input.byte() }
        return try lies.withUnsafeBytesOf { (raw) throws(Finding) in
            try serve(isStandby: mode & 0x40 != 0, FuzzInput(raw), &input)
        }
    }

    // MARK: A connection

    private func serve(isStandby: Bool, _ manners: FuzzInput, _ input: inout FuzzInput) throws(Finding) -> Bool {
        let kind = input.byte()
        scripted.clear()
        for _ in 0 ..< kind & 7 where !input.isAtEnd { scripted.script.step(&input) }
        scripted.layOut(kind, input)
        while !input.isAtEnd { scripted.change(&input) }
        scripted.seal(kind, input)
        sessions = 0
        let script = ServerScript(manners, bytes: export(isStandby), copyBytes: layout.copyBytes)
        script.description = isStandby ? "tandem-standby/1 session=0 state=free generation=0" : "a disk"
        server.begin(script)
        let copy = try client()
        let before = MonotonicClock.now()
        defer {
            copy.close()
            server.wait()
        }
        let isDeep = try probe(copy, script, isStandby, input)
        // Nobody is silent, so nothing is waited for.
        try expect(MonotonicClock.now() - before < 4_000_000_000, "it takes seconds")
        return isDeep
    }

    private func client() throws(Finding) -> NBDCopy {
        let sessions = NBDSessions(life: Life(FuzzLayout.generation)) { [unowned self] above in
            self.sessions = max(self.sessions, above) &+ 1
            return self.sessions
        }
        do throws(TandemError) {
            return try NBDCopy(
                address, access: NBDAccess(), layout: layout, checksum: fuzzChecksum, sessions: sessions,
                isUnsettled: false)
        } catch { throw Finding("no client: \(error)") }
    }

    /// The copy, and behind it, as a standby has it, the control page of session 1 and digests.
    private func export(_ isStandby: Bool) -> [UInt8] {
        let copy = scripted.copy
        var bytes = [UInt8](repeating: 0, count: max(0, min(copy.count, layout.copyBytes)))
        for (start, part) in [
            (0, copy.header), (layout.tablesOffset, copy.tables), (layout.journalOffset, copy.journal),
        ] where start < bytes.count {
            let end = min(start + part.count, bytes.count)
            bytes.replaceSubrange(start ..< end, with: part[..<(end - start)])
        }
        guard isStandby else { return bytes }
        bytes += [UInt8](repeating: 0, count: ControlPage.offset(behind: bytes.count) - bytes.count)
        var page = ControlPage(session: 1)
        page.flags = ControlPage.hasDigests
        let digests = ControlPage.digests(behind: copy.count)
        return bytes + page.bytes + [UInt8](repeating: 0xD1, count: digests.count)
    }

    private func probe(
        _ copy: NBDCopy, _ script: ServerScript, _ isStandby: Bool, _ input: FuzzInput
    ) throws(Finding) -> Bool {
        let found: CopyExamination
        do throws(CopyFailure) { found = try copy.probe() } catch {
            input.tell("the probe fails: \(error)")
            try expect(script.hasLied || isRefused(script), "an honest server's copy is not examined: \(error)")
            try expect(script.writes.isEmpty, "something was written: \(script.writes)")
            try expect(copy.content == .none, "a copy that is not there can be compared")
            return false
        }
        input.tell("it is \(found)")
        try expect(script.writes.isEmpty, "a probe has written: \(script.writes)")
        if case .foreign = found {
        } else if case .locked = found {
        } else {
            try expect(!isRefused(script), "an export that nobody may keep a copy in is \(found)")
        }
        if !script.hasLied {
            try checkHonest(found, isStandby, copy)
            let session = ExportName.Session(
                number: 1, generation: FuzzLayout.generation, byteCount: layout.copyBytes)
            let name = ExportName(name: "copy", session: isStandby ? session : nil).text
            try expect(script.names.last == name, "asked for was \(script.names)")
        }
        if case .digests(let offset) = copy.content {
            let digests = ControlPage.digests(behind: layout.copyBytes)
            try expect(
                offset == digests.lowerBound && script.saidBytes >= UInt64(digests.upperBound),
                "digests at \(offset) of an export of \(script.saidBytes) bytes")
        }
        switch found {
        case .copy(let slot, let journal?):
            try replay(copy, slot, journal, script)
            return true
        case .copy: return true
        case .blank: try format(copy, script)
        case .foreign, .misfit, .locked: try expect(copy.content == .none, "what was refused can be compared")
        }
        return false
    }

    /// What it has said last of itself would do for no copy.
    private func isRefused(_ script: ServerScript) -> Bool {
        if script.saidBytes < UInt64(layout.copyBytes) || script.saidFlags & 2 != 0 || script.saidFlags & 4 == 0 {
            return true
        }
        // Sizes that make no sense are ignored by libnbd.
        guard let (least, most) = script.saidBlocks, [8192, 16_384, 32_768, 65_536].contains(least) else {
            return false
        }
        return most == 1 << 20
    }

    /// What an honest server's bytes are found to be is what they are where they stand.
    private func checkHonest(_ found: CopyExamination, _ isStandby: Bool, _ copy: NBDCopy) throws(Finding) {
        let bytes = scripted.copy
        // What lies behind a copy is nobody's.
        bytes.begin(count: min(bytes.count, layout.copyBytes))
        guard bytes.count == layout.copyBytes else { return }
        let known = try reading(bytes) { () throws(CopyFailure) in
            try CopyExaminer.examine(bytes, expected: layout, path: address.text, checksum: fuzzChecksum)
        }
        try expect("\(found)" == "\(known)", "a copy that is \(known) was found to be \(found)")
        guard case .copy = found else { return }
        try expect((copy.content != .none) == isStandby, "\(copy.content) can be compared")
    }

    private func replay(
        _ copy: NBDCopy, _ slot: StateSlot, _ end: JournalEnd, _ script: ServerScript
    ) throws(Finding) {
        guard slot.role == .consistent else { return }
        let stop: JournalEnd
        do throws(CopyFailure) { stop = try copy.replay(slot, until: end, budget: .max) } catch {
            return try expect(script.hasLied, "an honest server's journal is not applied: \(error)")
        }
        let tables = layout.tablesOffset ..< layout.tablesEnd
        try expect(
            script.writes.allSatisfy { $0.clamped(to: tables) == $0 && $0.count == 4096 },
            "a replay writes to \(script.writes)")
        guard !script.hasLied else { return }
        try expect(stop == end, "it was applied until \(stop), not \(end)")
        let bytes = scripted.copy
        bytes.begin()
        bytes.isReadOnly = false
        _ = try reading(bytes) { () throws(CopyFailure) in
            try CopyRecovery.replay(bytes, layout: layout, slot: slot, until: end, budget: .max, checksum: fuzzChecksum)
        }
        let isSame = script.bytes.withUnsafeBytes {
            UnsafeRawBufferPointer(rebasing: $0[tables]).isEqual(to: bytes.tables.bytes)
        }
        try expect(isSame, "a journal that is applied over the wire makes other tables")
    }

    private func format(_ copy: NBDCopy, _ script: ServerScript) throws(Finding) {
        do throws(CopyFailure) {
            try copy.format(StateSlot(sequence: 0, generation: FuzzLayout.generation, role: .syncing))
        } catch { return try expect(script.hasLied, "an honest server's blank export is not laid out: \(error)") }
        try expect(
            script.writes.allSatisfy { 0 ..< CopyExaminer.headerBytes ~= $0.lowerBound && $0.upperBound <= 16_384 },
            "laying out writes to \(script.writes)")
    }

    // MARK: Words

    /// Reports, events, the control page and export names, read from anything. What is taken says the same again.
    private func words(_ mode: UInt8, _ input: inout FuzzInput) throws(Finding) -> Bool {
        if mode & 0xC == 8 { return try page(&input) }
        var bytes: [UInt8] = []
        while !input.isAtEnd { bytes.append(input.byte()) }
        let text = String(decoding: bytes, as: UTF8.self)
        switch mode >> 2 & 3 {
        case 0:
            guard let report = StandbyReport(lines: text) else { return false }
            let again = StandbyReport(lines: report.lines)
            try expect(again == report, "\(report) is read again as \(String(describing: again))")
        case 1:
            guard let event = StandbyEvent(line: text) else { return false }
            let again = StandbyEvent(line: event.line)
            try expect(again?.line == event.line, "\(event) is read again as \(String(describing: again))")
        default:
            guard let asked = try? ExportName(parsing: text) else { return false }
            let again = try? ExportName(parsing: asked.text)
            try expect(again == asked, "\(asked) is read again as \(String(describing: again))")
            try expect(
                asked.session.map { StandbyModel.sessions.contains($0.number) } ?? true, "\(asked) was taken")
        }
        return true
    }

    private func page(_ input: inout FuzzInput) throws(Finding) -> Bool {
        var bytes = ControlPage(session: 7).bytes
        bytes.withUnsafeMutableBytes { raw in
            let places = Places(all: (0 ..< 8).map { Place($0 * 8, 8) }) { "word \($0 / 8)" }
            while !input.isAtEnd { raw.edit(places, &input) }
        }
        guard let page = ControlPage(bytes: bytes) else { return false }
        try expect(bytes[0 ..< 56] == page.bytes[0 ..< 56], "a page says other words than it was read from")
        return true
    }
}

extension [UInt8] {
    /// The bytes for as long as `body` runs, with its error.
    func withUnsafeBytesOf<Value>(
        _ body: (UnsafeRawBufferPointer) throws(Finding) -> Value
    ) throws(Finding) -> Value {
        let result: Result<Value, Finding> = withUnsafeBytes { raw in
            do throws(Finding) { return .success(try body(raw)) } catch { return .failure(error) }
        }
        return try result.get()
    }
}
