import CTandemLayout
import Glibc
import TestSupport
import Testing

@testable import TandemCommand

@Suite("The audit finds what contradicts the exchange's invariants")
struct AuditTests {
    private func audit(_ image: ExchangeImage, _ acknowledgements: [Acknowledgement] = []) throws -> AuditReport {
        let file = TemporaryFile(image.file())
        return try withExtendedLifetime(file) { try ExchangeAudit.run(file.path, acknowledgements: acknowledgements) }
    }

    private func expectOne(_ image: ExchangeImage, _ words: String, _ acknowledgements: [Acknowledgement] = []) throws {
        let report = try audit(image, acknowledgements)
        #expect(report.violations.contains { $0.contains(words) }, "\(report.violations) should speak of '\(words)'")
    }

    @Test func emptyExchangeIsClean() throws {
        let report = try audit(ExchangeImage(role: 1))
        #expect(report.isClean && report.callsUp == 0 && report.transactions == 0)
    }

    @Test func busyExchangeIsClean() throws {
        let report = try audit(.busy())
        #expect(report.violations == [])
        #expect(report.callsUp == 26 && report.transactions == 54 && report.transfers == 28)
    }

    @Test("A file of an earlier format is refused, with what to do", arguments: FormerFormat.allCases)
    func earlierFormat(_ former: FormerFormat) throws {
        let file = TemporaryFile(former.header)
        let failure = #expect(throws: CommandFailure.self) {
            try withExtendedLifetime(file) { try ExchangeAudit.run(file.path) }
        }
        #expect(
            failure?.description.contains(
                """
                it has format \(former.number), this audit reads format 2. Use the audit of the version of Tandem that \
                wrote it
                """) == true)
    }

    @Test func tornCall() throws {
        var image = ExchangeImage.busy()
        image[call: 5].signalling[20] &+= 1
        try expectOne(image, "call 5: torn")
    }

    @Test func callMixedFromTwoCommits() throws {
        var image = ExchangeImage.busy()
        let before = image[call: 1]
        image.release(1)
        image[call: 1].signalling = before.signalling
        try expectOne(image, "call 1: torn")
    }

    @Test func callAtAnotherIndex() throws {
        var image = ExchangeImage.busy()
        image[call: 2] = image[call: 4]
        try expectOne(image, "call 2: torn")
    }

    @Test func scribbledUnusedCall() throws {
        var image = ExchangeImage.busy()
        image[call: 60].charge = 1
        try expectOne(image, "call 60: torn")
    }

    @Test func callUpOnNoTrunk() throws {
        var image = ExchangeImage.busy()
        image[call: 50].setUp(at: 50, trunk: 99, payer: 0, payee: 1, charge: 1)
        try expectOne(image, "call 50: it is up on trunk 99")
    }

    /// Each record of a set-up and of a release, left out alone: half a transaction, whichever half.
    @Test func halfTransactions() throws {
        var image = ExchangeImage.busy()
        image[call: 50].setUp(at: 50, trunk: 1, payer: 0, payee: 1, charge: 1)
        try expectOne(image, "trunk 1: busy with")
        image = .busy()
        image[trunk: 2].seize()
        try expectOne(image, "trunk 2: busy with")
        image = .busy()
        image[account: 3].book(-30)
        try expectOne(image, "off by -30")
        image = .busy()
        image[account: 3].book(0)
        try expectOne(image, "accounts booked")
    }

    /// A whole call gone by: up, then released, but its trunk never heard of it.
    @Test func lostTransactions() throws {
        var image = ExchangeImage.busy()
        image[call: 50].setUp(at: 50, trunk: 1, payer: 0, payee: 1, charge: 1)
        image[call: 50].release(at: 50)
        try expectOne(image, "totals: calls count")
    }

    @Test func trunkThatContradictsItself() throws {
        var image = ExchangeImage.busy()
        image[trunk: 0].seized += 1
        try expectOne(image, "less")
    }

    @Test func recordInMidTransaction() throws {
        var image = ExchangeImage.busy()
        image.lock(call: 9, by: 3)
        try expectOne(image, "calls 9: held by writer 3")
    }

    @Test func acknowledgedCommits() throws {
        let kept = Acknowledgement(worker: 0, call: 3, sequence: 2)
        #expect(try audit(.busy(), [kept, Acknowledgement(worker: 0, call: 3, sequence: 1)]).isClean)
        try expectOne(
            .busy(), "sequence 3 is safe; it is at 2", [kept, Acknowledgement(worker: 0, call: 3, sequence: 3)])
        try expectOne(.busy(), "call 64 does not exist", [Acknowledgement(worker: 0, call: 64, sequence: 1)])
    }

    /// Any word of any record, and its epoch, but not who holds it.
    @Test func digestTellsRecordsApart() throws {
        let busy = try audit(.busy()).digest
        #expect(try audit(.busy()).digest == busy && audit(ExchangeImage(role: 1)).digest != busy)
        var image = ExchangeImage.busy()
        image.lock(call: 9, by: 3)
        #expect(try audit(image).digest == busy)
        for change: (inout ExchangeImage) -> Void in [
            { $0[call: 63].checksum ^= 1 }, { $0[call: 0].sequence ^= 1 << 63 }, { $0[trunk: 3].reserved ^= 1 },
            { $0[account: 7].reserved1 ^= 1 }, { $0.setEpoch(8, ofCall: 5) },
        ] {
            var image = ExchangeImage.busy()
            change(&image)
            #expect(try audit(image).digest != busy)
        }
    }

    @Test func listsTwentyAndCountsAll() throws {
        var image = ExchangeImage.busy()
        for index in 0 ..< 40 { image[call: index].payer &+= 1 }
        let report = try audit(image)
        #expect(report.violations.count == 20 && report.violationCount >= 40)
    }
}

@Suite("The audit reads a copy with its journal")
struct AuditedCopyTests {
    /// An image in which a call is set up, and the changes that bring it there from `.busy`.
    private func setUp(_ image: inout ExchangeImage, _ index: Int) -> [ExchangeImage.Change] {
        image.setUp(index, trunk: 2)
        return [.init(0, index, image[call: index]), .init(1, 2, image[trunk: 2])]
    }

    @Test func journalIsApplied() throws {
        var later = ExchangeImage.busy(role: 3)
        var copy = ExchangeImage.busy(role: 3)
        copy.append(setUp(&later, 50))
        copy.append(setUp(&later, 51))
        let file = TemporaryFile(copy.file())
        let report = try ExchangeAudit.run(file.path)
        #expect(report.violations == [])
        #expect(report.cut == 9 && report.cutsReplayed == 2 && report.changesReplayed == 4 && report.callsUp == 28)
    }

    /// A copy's digest is that of the source that it follows.
    @Test func digestIsTheSources() throws {
        var source = ExchangeImage.busy()
        var copy = ExchangeImage.busy(role: 3)
        let behind = copy
        copy.append(setUp(&source, 50))
        // What `append` gives its changes.
        source.setEpoch(8, ofCall: 50)
        source.setEpoch(8, ofTrunk: 2)
        let digests = try [source, copy, behind].map { image in
            let file = TemporaryFile(image.file())
            return try withExtendedLifetime(file) { try ExchangeAudit.run(file.path).digest }
        }
        #expect(digests[0] == digests[1] && digests[0] != digests[2])
    }

    @Test func journalEndsAtTheFirstCutThatIsNotWhole() throws {
        var later = ExchangeImage.busy(role: 3)
        var copy = ExchangeImage.busy(role: 3)
        copy.append(setUp(&later, 50))
        copy.append(setUp(&later, 51), spoil: true)
        copy.append(setUp(&later, 52))
        let file = TemporaryFile(copy.file())
        let report = try ExchangeAudit.run(file.path)
        #expect(report.isClean && report.cut == 8 && report.callsUp == 27)
    }

    @Test func journalEndsWhereCutsAreNotConsecutive() throws {
        var later = ExchangeImage.busy(role: 3)
        var copy = ExchangeImage.busy(role: 3)
        copy.append(setUp(&later, 50), previous: 5)
        let file = TemporaryFile(copy.file())
        #expect(try ExchangeAudit.run(file.path).cut == 7)
    }

    @Test func halfACutIsFound() throws {
        var later = ExchangeImage.busy(role: 3)
        var copy = ExchangeImage.busy(role: 3)
        copy.append([setUp(&later, 50)[0]])
        let file = TemporaryFile(copy.file())
        #expect(try !ExchangeAudit.run(file.path).isClean)
    }

    @Test func fileStaysAsItWas() throws {
        var later = ExchangeImage.busy(role: 3)
        var copy = ExchangeImage.busy(role: 3)
        copy.append(setUp(&later, 50))
        let file = TemporaryFile(copy.file())
        _ = try ExchangeAudit.run(file.path)
        let descriptor = open(file.path, O_RDONLY)
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: copy.file().count)
        #expect(read(descriptor, &bytes, bytes.count) == bytes.count && bytes == copy.file())
    }
}

@Suite("The audit refuses what it cannot read, saying why")
struct UnreadableFileTests {
    private func refusal(_ bytes: [UInt8]) -> String {
        let file = TemporaryFile(bytes)
        do {
            _ = try ExchangeAudit.run(file.path)
            return "none"
        } catch {
            #expect(error.status == .cannot)
            return error.description
        }
    }

    private func spoiled(_ role: UInt32 = 1, _ change: (inout [UInt8]) -> Void) -> [UInt8] {
        var bytes = ExchangeImage.busy(role: role).file()
        change(&bytes)
        return bytes
    }

    /// A header that says of its first table what nobody has laid out, behind a valid checksum.
    private func forged(_ change: (inout tandem_table) -> Void) -> [UInt8] {
        spoiled { bytes in
            bytes.withUnsafeMutableBytes { raw in
                var row = raw.load(fromByteOffset: 256, as: tandem_table.self)
                change(&row)
                raw.storeBytes(of: row, toByteOffset: 256, as: tandem_table.self)
                var identity = raw.load(as: tandem_identity.self)
                identity.checksum = 0
                identity.checksum = withUnsafeBytes(of: &identity, CRC32C.sum)
                raw.storeBytes(of: identity, as: tandem_identity.self)
            }
        }
    }

    @Test("A forged header is refused, whatever its numbers come to when they are multiplied")
    func forgedHeaders() {
        let forgeries: [(inout tandem_table) -> Void] = [
            { ($0.slot_bytes, $0.page_bytes, $0.capacity) = (0xFFFF_F000, 0xFFFF_F000, 0xFFFF_FFFF) },
            { ($0.page_bytes, $0.capacity) = (0xFFFF_F000, .max) },
            { $0.capacity = 0xFFFF_FFFF },
            { $0.capacity = 0 },
            { $0.slot_bytes = 0xFFFF_FFF0 },
            { $0.page_bytes = 4100 },
            { $0.offset = .max & ~4095 },
            { $0.payload_bytes = .max },
        ]
        for forgery in forgeries {
            let text = refusal(forged(forgery))
            #expect(text.contains("does not fit"), "'\(text)'")
        }
    }

    @Test func refusals() {
        var behind = ExchangeImage.busy(role: 3)
        behind.cut = 9
        let cases: [([UInt8], String)] = [
            ([], "too short"),
            ([UInt8](repeating: 0, count: 20_000), "not a Tandem"),
            (spoiled { $0[8] = 9 }, "format 9"),
            (spoiled { $0[300] ^= 1 }, "header's checksum"),
            (spoiled { $0[12290] ^= 1 }, "both state slots"),
            (spoiled { $0.removeLast(8192) }, "does not fit"),
            (spoiled(3) { $0.removeLast(4096) }, "journal does not fit"),
            (ExchangeImage.busy(role: 2).file(), "still syncing"),
            (ExchangeImage.busy(role: 4).file(), "unknown role 4"),
            (behind.file(), "before cut 9"),
        ]
        for (bytes, words) in cases {
            let text = refusal(bytes)
            #expect(text.contains(words), "'\(text)' should speak of '\(words)'")
        }
    }

    @Test func missingFile() {
        #expect(throws: CommandFailure.self) { try ExchangeAudit.run("/tmp/tandem-test-nothing-here") }
    }
}
