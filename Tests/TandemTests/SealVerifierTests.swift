@testable import Tandem
import TandemCore
import TandemSystem
import Testing
import TestSupport

@Suite("All seals of a copy")
struct SealVerifierTests {
    private let station: Station
    private let access: CopyAccess
    /// Of `calls`, in many places.
    private let damaged = Array(stride(from: 0, to: 1000, by: 30))

    init() throws {
        station = try Station()
        for index in damaged { station.scratch.flip("copy", at: StationLayout.offset(ofCall: index) + 20) }
        access = try CopyAccess(path: station.copyPath, writable: false)
    }

    private func verify(
        _ replayed: CopyRecovery.Replayed, _ change: (inout SealVerifier) -> Void
    ) throws -> (Certificate, SealVerifier.Ahead) {
        var certificate = access.certificate(replayed)
        var verifier = SealVerifier(access: access)
        change(&verifier)
        try verifier.verify(&certificate)
        return (certificate, verifier.ahead)
    }

    @Test("Looked at page by page on all processors, damaged records are counted, and the first twenty named in order")
    func allProcessors() throws {
        let (found, _) = try verify(try access.survey()) {
            $0.usesAllProcessors = true
            $0.stretchBytes = 4096
        }
        let words = damaged.prefix(20).map { "calls[\($0)]: its seal does not match" }
        #expect(found.problems == words + ["\(damaged.count - 20) more records with broken seals"])
        #expect(found.tables.map(\.damaged) == [damaged.count] + found.tables.dropFirst().map { _ in 0 })
        #expect(found.sealsVerified == found.tables.reduce(0) { $0 + $1.records } - damaged.count)
    }

    @Test("One stretch or many, on one processor or all, come to the same", arguments: [4096, 20_000, 16 << 20], [false, true])
    func same(stretchBytes: Int, usesAllProcessors: Bool) throws {
        // Everything is ahead of cut 0.
        let start = CopyRecovery.Replayed(end: JournalEnd(position: 0, cut: 0))
        let (usual, usuallyAhead) = try verify(start) { _ in }
        let (other, ahead) = try verify(start) {
            $0.usesAllProcessors = usesAllProcessors
            $0.stretchBytes = stretchBytes
        }
        #expect(usual.problems == other.problems && usual.sealsVerified == other.sealsVerified)
        #expect(usual.tables.map(\.changed) == other.tables.map(\.changed))
        #expect((usuallyAhead.first, usuallyAhead.count, usuallyAhead.newest) == (ahead.first, ahead.count, ahead.newest))
        #expect(ahead.first == "calls[1]")
    }

    @Test("A copy that is cut short while its seals are looked at is an error, on all processors as on one", arguments: [false, true])
    func cutShort(usesAllProcessors: Bool) throws {
        let before = access.certificate(try access.survey())
        station.scratch.write(Array(station.scratch.bytes(of: "copy").prefix(access.layout.tablesOffset + 8192)), to: "copy")
        var verifier = SealVerifier(access: access, usesAllProcessors: usesAllProcessors)
        verifier.stretchBytes = 4096
        var certificate = before
        #expect(throws: TandemError.self) { try verifier.verify(&certificate) }
    }
}
