import Glibc
import TandemCore
import TandemStandby
import TandemSystem

/// A standby over a real file, and everything that its plugin may be sent: openings of any name, requests of any offset
/// and length, ends in any order, by several connections; with promotions beside it, restarts, and a file that somebody
/// meddles with. A model says who may write and what lies where: every answer and every byte is compared with it.
final class StandbyTarget: FuzzTarget {
    /// An open connection, and what it may do.
    struct Link {
        let connection: StandbyConnection
        /// 0: looks only.
        let session: UInt64
        let byteCount: Int
        var exportBytes: Int { session == 0 ? controlOffset + 4096 : digestsOffset + digestBytes }
        var controlOffset: Int { (byteCount + 4095) / 4096 * 4096 }
        var digestsOffset: Int { controlOffset + 4096 }
        private var digestBytes: Int { ((byteCount / 4096 + 64 * 62) * 8 + 4095) / 4096 * 4096 }
    }

    static let seeds = StandbySeeds.all
    static let name = "copy"
    let layout = FuzzLayout.exchange
    let path: String
    private let starts: [(name: String, bytes: [UInt8]?)]
    private let heard = Heard()

    // An input's world.
    var input = FuzzInput(UnsafeRawBufferPointer(start: nil, count: 0))
    var standby: Standby
    var model = StandbyModel(nil)
    var links: [Link] = []
    private var isDeep = false

    init() {
        path = FuzzScratch.path("copy")
        unlink(path)
        standby = Standby(path: path, name: Self.name)
        starts = StandbyFiles(layout).starts
    }

    deinit { unlink(path) }

    // MARK: An input

    func run(_ input: FuzzInput) throws(Finding) -> Bool {
        self.input = input
        let start = starts[self.input.number(below: starts.count)]
        links = []
        isDeep = false
        put(start.bytes)
        restart()
        self.input.tell("at the path is \(start.name)")
        while !self.input.isAtEnd { try step() }
        try compare()
        try heard.check()
        return isDeep
    }

    private func step() throws(Finding) {
        let code = input.byte()
        switch code >> 4 {
        case 0, 1: try open(code & 15)
        case 2: code & 1 == 0 ? try openOddly() : try look()
        case 3 ... 10: try request(code)
        case 11: end(code)
        case 12: promote(code)
        case 13:
            input.tell("the server is killed, and started again")
            restart()
        case 14: try describe()
        default: meddle(code)
        }
    }

    /// What one of the connections asks for.
    private func request(_ code: UInt8) throws(Finding) {
        guard !links.isEmpty else { return }
        let link = links[Int(code & 15) % links.count]
        if link.session > 0, link.session == model.holder { isDeep = true }
        switch code >> 4 {
        case 3 ... 5: try write(link)
        case 6: try writeHeader(link)
        case 7, 8: try read(link)
        case 9: try zero(link)
        default: try flush(link)
        }
    }

    func remember(_ link: Link) {
        links.append(link)
        if links.count > 6 { end(0) }
    }

    private func end(_ code: UInt8) {
        guard !links.isEmpty else { return }
        let link = links.remove(at: Int(code & 15) % links.count)
        input.tell("the connection of session \(link.session) ends")
        standby.end(link.connection)
        model.end(link.session)
    }

    /// What the old one held goes with its process.
    private func restart() {
        links = []
        // The lock goes with the last who knows of the file.
        standby = Standby(path: "/dev/null", name: Self.name)
        let heard = heard
        standby = Standby(path: path, name: Self.name) { heard.note($0) }
        model = StandbyModel(model.named)
    }

    // MARK: Promotions

    private func promote(_ code: UInt8) {
        switch code & 7 {
        case 0 ... 2:
            guard model.promotions < 2 else { return }
            input.tell("a promotion begins")
            standby.raiseFence()
            model.raise()
        case 3 ... 5:
            guard model.promotions > 0 else { return }
            input.tell("a promotion ends")
            standby.lowerFence()
            model.lower()
        default:
            guard model.promotions > 0, let named = model.named, named.bytes.count >= CopyExaminer.headerBytes else {
                return
            }
            input.tell("the promotion makes a source of the file")
            var slot = named.words.slot ?? StateSlot(sequence: 1, generation: FuzzLayout.generation, role: .source)
            (slot.role, slot.sequence) = (.source, slot.sequence &+ 1)
            let sector = StandbyFiles.sector(slot)
            overwrite(named, sector, at: slot.offset)
        }
    }

    // MARK: The file

    /// By somebody else, where it stands.
    private func overwrite(_ file: ModelFile, _ bytes: [UInt8], at offset: Int) {
        file.bytes.replaceSubrange(offset ..< offset + bytes.count, with: bytes)
        withDescriptor { pwrite($0, bytes, bytes.count, offset) == bytes.count }
    }

    private func put(_ bytes: [UInt8]?) {
        unlink(path)
        model.named = bytes.map { ModelFile($0) }
        guard let bytes else { return }
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0, Glibc.write(descriptor, bytes, bytes.count) == bytes.count else { fatalError(path) }
        close(descriptor)
    }

    private func meddle(_ code: UInt8) {
        switch code & 7 {
        case 0, 1:
            input.tell("somebody deletes the file")
            put(nil)
        case 2 ... 4:
            let start = starts[input.number(below: starts.count)]
            input.tell("somebody puts \(start.name) in its place")
            put(start.bytes)
        default:
            guard let named = model.named else { return }
            let count = min(named.bytes.count, input.number(below: 50) * 4096 + input.number(below: 2))
            input.tell("somebody cuts the file at \(count) bytes")
            withDescriptor { ftruncate($0, count) == 0 }
            named.bytes.removeLast(named.bytes.count - count)
        }
    }

    private func withDescriptor(_ body: (Int32) -> Bool) {
        let descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0, body(descriptor) else { fatalError("\(path): errno \(errno)") }
        close(descriptor)
    }

    private var found: [UInt8] = []

    /// What stands at the path is what the model says, to the last byte.
    func compare() throws(Finding) {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard let named = model.named else {
            return try expect(descriptor < 0, "there is a file, and there must be none")
        }
        try expect(descriptor >= 0, "the file is gone")
        defer { close(descriptor) }
        let count = Int(lseek(descriptor, 0, SEEK_END))
        try expect(count == named.bytes.count, "the file has \(count) bytes, and ought to have \(named.bytes.count)")
        if found.count < count { found = [UInt8](repeating: 0, count: count) }
        try expect(pread(descriptor, &found, count, 0) == count, "the file cannot be read")
        guard memcmp(found, named.bytes, count) != 0 else { return }
        let place = (0 ..< count).first { found[$0] != named.bytes[$0] }!
        throw Finding("byte \(place) of the file is \(found[place]), and ought to be \(named.bytes[place])")
    }

    // MARK: What it says of itself

    private func describe() throws(Finding) {
        let generation = model.named?.words.slot?.generation.description ?? String(repeating: "0", count: 32)
        let words = "tandem-standby/1 session=\(model.present) state=\(model.state) generation=\(generation)"
        input.tell("it says \(standby.exportDescription)")
        try expect(standby.exportDescription == words, "\(standby.exportDescription), and right is \(words)")
        let report = standby.report
        try expect(StandbyReport(lines: report.lines) == report, "a report is read as another: \(report)")
        try compare()
    }
}

/// What the standby tells whoever started it.
private final class Heard: @unchecked Sendable {
    private var wrong: String?

    func note(_ event: StandbyEvent) {
        let line = event.line
        if StandbyEvent(line: line)?.line != line || line.contains(where: \.isNewline) { wrong = line }
    }

    func check() throws(Finding) {
        defer { wrong = nil }
        if let wrong { throw Finding("an event is not read as it was written: \(wrong)") }
    }
}
