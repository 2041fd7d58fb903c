import Glibc
import Logging
import Tandem
import TandemCore
import TandemSystem
import TestSupport
import Testing

@Suite("P8: what may not be demoted stays byte for byte as it was", .serialized)
struct DemotionRefusalTests {
    private let pair: Pair

    init() throws { pair = try Pair() }

    private func refused(_ name: String, force: Bool = false, _ code: TandemError.Code, _ words: String...) {
        let before = pair.station.snapshot()
        let error = caught { () throws(TandemError) in _ = try pair.demote(name, force: force) }
        #expect(error?.code == code, "\(error?.description ?? "demoted")")
        for part in words { #expect(error?.description.contains(part) == true, "\(error?.description ?? "")") }
        #expect(pair.station.snapshot() == before)
    }

    @Test("P8: a source of which nothing says that it was superseded, unless it is given up by force")
    func notSuperseded() throws {
        refused("source", .wrongRole, "tandem demote \(pair.path("source")) --force")
        _ = try Promotion.promote(copy: pair.path("copy"))
        // Nobody has told it yet.
        refused("source", .wrongRole, "Start its replicator")
        _ = try pair.demote(force: true)
        #expect(pair.scratch.slot(of: "source").role == .syncing)
    }

    @Test("A source with a writer or a replicator, which are named; whoever may not be demoted need not end them")
    func inUse() throws {
        do {
            let live = try pair.live("source", to: "copy")
            refused("source", .wrongRole)
            withExtendedLifetime(live) {}
        }
        try pair.failOver()
        do {
            let source = try SourceDataFile.open(at: pair.path("source"))
            let writer = try source.makeWriter()
            refused("source", .inUse, "a writer of process \(getpid())")
            refused("source", force: true, .inUse)
            #expect(writer.lockDescriptor > 0)
        }
        do {
            let file = try SourceDataFile.open(at: pair.path("source")).file
            let lock = try SlotLock.tryAcquire(file: file, byte: StationLayout.layout.lockByteOfEngine)
            refused("source", .inUse, "its replicator")
            withExtendedLifetime(lock) {}
        }
        _ = try pair.demote()
    }

    @Test("A replicator that is given its predecessor says what to do, and leaves it alone")
    func notYet() throws {
        try pair.failOver()
        let before = pair.scratch.bytes(of: "source")
        let new = try pair.live("copy", to: "source")
        #expect(new.run { new.status.copyState == .refused })
        #expect(new.log.first(at: .error)?.contains("tandem demote") == true, "\(new.log.all)")
        #expect(pair.scratch.bytes(of: "source") == before)
    }

    @Test("A copy, whole or being made; a source's copy that another follows")
    func copies() throws {
        refused("copy", .wrongRole, "it is a copy")
        refused("copy", force: true, .wrongRole)
        pair.scratch.forgeSlot("copy") { $0.role = .syncing }
        refused("copy", force: true, .wrongRole)
        try pair.failOverKeepingRoles()
        refused("copy", .wrongRole)
    }

    @Test(
        "Somebody's letter, a file that is not there, a damaged one, one that was cut short, one that others may read")
    func foreign() throws {
        try pair.failOver()
        pair.scratch.write(Array("Dear Sir".utf8), to: "letter")
        chmod(pair.path("letter"), 0o600)
        refused("letter", force: true, .notTandem)
        refused("missing", force: true, .notFound)
        let bytes = pair.scratch.bytes(of: "source")
        for offset in StateSlot.offsets { pair.scratch.flip("source", at: offset + 60) }
        refused("source", force: true, .corrupt, "both state slots")
        pair.scratch.write(bytes, to: "source")
        pair.scratch.flip("source", at: 300)
        refused("source", force: true, .corrupt)
        pair.scratch.write(Array(bytes.dropLast(4096)), to: "source")
        refused("source", force: true, .wrongLength)
        pair.scratch.write(bytes, to: "source")
        chmod(pair.path("source"), 0o644)
        refused("source", force: true, .unsafeFile)
        chmod(pair.path("source"), 0o600)
        _ = try pair.demote()
    }

    @Test(
        "P6: no room for the journal behind its tables, which is said before anything is changed",
        .enabled(if: geteuid() == 0, "mounting a small file system needs root"))
    func noRoom() throws {
        try pair.failOver()
        let small = try #require(SmallMemory(at: pair.path("small"), bytes: 8 << 20))
        let bytes = pair.scratch.bytes(of: "source")
        small.putSparse(bytes, as: "source")
        small.fill()
        let error = caught { () throws(TandemError) in _ = try Demotion.demote(source: small.file("source")) }
        #expect(error?.code == .noSpace && error?.description.contains("0 bytes are free") == true)
        #expect(small.bytes(of: "source") == bytes)
        small.empty()
        _ = try Demotion.demote(source: small.file("source"))
        #expect(small.stored("source") == StationLayout.layout.copyBytes)
    }

    @Test("Stopped behind any step it is a source still or a copy that is taken up, and demoting again goes on")
    func stopped() throws {
        try pair.failOver()
        let old = pair.scratch.bytes(of: "source")
        let records = try pair.records(of: "source")
        let steps: [Demotion.Step] = [
            .locked, .reserved, .said, .sealed(table: 0), .sealed(table: 1), .lasting,
        ]
        for step in steps {
            for again in [false, true] {
                pair.scratch.write(old, to: "source")
                var reached: [Demotion.Step] = []
                let error = caught { () throws(TandemError) in
                    _ = try Demotion.demote(source: pair.path("source"), force: false) { now throws(TandemError) in
                        reached.append(now)
                        if now == step { throw TandemError(.aborted) }
                    }
                }
                #expect(error?.code == .aborted && reached == Array(steps[...steps.firstIndex(of: step)!]))
                let isSource = step == .locked || step == .reserved
                #expect((pair.scratch.slot(of: "source").role == .source) == isSource)
                if isSource {
                    // As it was, also to those who read it; with room behind it, perhaps.
                    #expect(try pair.records(of: "source") == records)
                    #expect(Array(pair.scratch.bytes(of: "source").prefix(old.count)) == old)
                }
                if again || isSource { #expect(try pair.demote().wasDemoted == !isSource) }
                let new = try pair.live("copy", to: "source")
                let before = (new.counter(.returnsByContent), new.counter(.bulkCopies))
                #expect(new.run { new.isInSync }, "\(step): \(new.log.all)")
                #expect(try Verification.compare(source: new.source, copy: pair.path("source")).isSound)
                if again || isSource {
                    #expect(new.counter(.returnsByContent) == before.0 + 1 && new.counter(.bulkCopies) == before.1)
                }
            }
        }
    }
}

extension Pair {
    /// The copy is promoted and demoted, and followed again: both have had both roles.
    fileprivate func failOverKeepingRoles() throws {
        scratch.forgeSlot("copy") { $0.role = .consistent }
        try failOver()
        _ = try demote()
        do {
            let new = try live("copy", to: "source")
            guard new.run(until: { new.isInSync }) else { throw Failure("not in sync") }
        }
        try failOver(from: "copy", to: "source")
        _ = try demote("copy")
        let back = try live("source", to: "copy")
        guard back.run(until: { back.isInSync }) else { throw Failure("not in sync") }
    }
}
