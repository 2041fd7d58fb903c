@testable import Tandem
import TandemCore
import TandemSystem
import Testing
import TestSupport

@Suite("All seals of a copy")
struct SealVerifierTests {
    private let station: FixtureFiles
    /// Records of `calls`, in many places.
    private let damaged = Array(stride(from: 0, to: 1000, by: 30))

    init() throws {
        station = try FixtureFiles()
        for index in damaged { station.scratch.flip("copy", at: StationLayout.offset(ofCall: index) + 20) }
    }

    /// A copy that is only looked at is read; one that is locked, to be promoted, is verified where it is.
    enum Way: CaseIterable {
        case readOnOneProcessor, readOnAll, inPlaceOnOneProcessor, inPlaceOnAll

        var isInPlace: Bool { self == .inPlaceOnOneProcessor || self == .inPlaceOnAll }
        var usesAllProcessors: Bool { self == .readOnAll || self == .inPlaceOnAll }
    }

    private func access(_ way: Way) throws -> CopyAccess {
        let access = try CopyAccess(path: station.copyPath, writable: way.isInPlace)
        try #require((access.bytes.memory != nil) == way.isInPlace)
        return access
    }

    private func verify(
        _ access: CopyAccess, _ replayed: CopyRecovery.Replayed, _ change: (inout SealVerifier) -> Void
    ) throws -> (Certificate, SealVerifier.Ahead) {
        var certificate = access.certificate(replayed)
        var verifier = SealVerifier(access: access)
        change(&verifier)
        try verifier.verify(&certificate)
        return (certificate, verifier.ahead)
    }

    @Test("Looked at page by page on all processors, damaged records are counted, and the first twenty named in order")
    func allProcessors() throws {
        let access = try access(.inPlaceOnAll)
        let (found, _) = try verify(access, try access.survey()) {
            $0.usesAllProcessors = true
            $0.stretchBytes = 4096
        }
        let words = damaged.prefix(20).map { "calls[\($0)]: its seal does not match" }
        #expect(found.problems == words + ["\(damaged.count - 20) more records with broken seals"])
        #expect(found.tables.map(\.damaged) == [damaged.count] + found.tables.dropFirst().map { _ in 0 })
        #expect(found.sealsVerified == found.tables.reduce(0) { $0 + $1.records } - damaged.count)
    }

    @Test(
        "One stretch or many, on one processor or all, read or in place, come to the same",
        arguments: [4096, 20_000, 16 << 20], Way.allCases)
    func same(stretchBytes: Int, way: Way) throws {
        // Everything is ahead of cut 0.
        let start = CopyRecovery.Replayed(end: JournalEnd(position: 0, cut: 0))
        let (usual, usuallyAhead) = try verify(try access(.readOnOneProcessor), start) { _ in }
        let (other, ahead) = try verify(try access(way), start) {
            $0.usesAllProcessors = way.usesAllProcessors
            $0.stretchBytes = stretchBytes
        }
        #expect(usual.problems == other.problems && usual.sealsVerified == other.sealsVerified)
        #expect(usual.tables.map(\.changed) == other.tables.map(\.changed))
        #expect(
            (usuallyAhead.first, usuallyAhead.count, usuallyAhead.newest) == (ahead.first, ahead.count, ahead.newest))
        #expect(ahead.first == "calls[1]")
    }

    @Test(
        "A copy that is cut short while its seals are looked at is an error, on all processors as on one",
        arguments: Way.allCases)
    func cutShort(way: Way) throws {
        let access = try access(way)
        let before = access.certificate(try access.survey())
        station.scratch.write(
            Array(station.scratch.bytes(of: "copy").prefix(access.layout.tablesOffset + 8192)), to: "copy")
        var verifier = SealVerifier(access: access, usesAllProcessors: way.usesAllProcessors)
        verifier.stretchBytes = 4096
        var certificate = before
        #expect(throws: TandemError.self) { try verifier.verify(&certificate) }
    }
}
