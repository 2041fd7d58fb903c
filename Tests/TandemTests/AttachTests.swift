import Glibc
import Tandem
import TandemCore
import TandemSystem
import TestSupport
import Testing

@Suite("Copies come and go while a replicator runs")
struct AttachTests {
    private let scratch = Scratch()
    private func copy(_ number: Int) -> String { scratch.file("copy \(number)") }

    /// A source with a replicator on a thread of its own, which follows copy 0.
    private func follow(_ body: (SourceDataFile) throws -> Void) throws {
        let source = try SourceDataFile.create(
            at: scratch.file("source"), tables: Exchange.tables, options: Exchange.options)
        let (opened, first) = (try SourceDataFile.open(at: source.path), copy(0))
        let thread = OwnThread { own in
            let replicator = try! Replicator(source: opened, copy: first, options: .plain)
            replicator.run { own.isStopping }
        }
        defer { thread.stop() }
        #expect(isInSync(source, [first]))
        try body(source)
    }

    private func isInSync(_ source: SourceDataFile, _ paths: [String]) -> Bool {
        let end = MonotonicClock.now() + 20_000_000_000
        while MonotonicClock.now() < end {
            let copies = SourceStatus.read(from: source).copies.filter(\.isFollowed)
            if copies.map(\.path) == paths, copies.allSatisfy({ $0.copyState == .inSync }) { return true }
            usleep(1000)
        }
        return false
    }

    private func code(_ body: () throws(TandemError) -> Void) -> TandemError.Code? {
        do throws(TandemError) { try body() } catch { return error.code }
        return nil
    }

    private func change(_ source: SourceDataFile, _ value: UInt64, at index: Int = 3) throws {
        var writer = try source.makeWriter()
        let calls = try source.table("calls", of: Call.self)
        try writer.transaction(replicatedWithin: .seconds(20)) { change throws(TandemError) in
            try change.set(calls, at: index, to: Call(value))
        }
    }

    @Test("One more is attached, and detached; it lacks only what it missed when it is attached again")
    func comesAndGoes() throws {
        try follow { source in
            try source.attach(copy: copy(1))
            #expect(isInSync(source, [copy(0), copy(1)]))
            try source.detach(copy: copy(1))
            let away = SourceStatus.read(from: source).copies
            #expect(away.map(\.path) == [copy(0), copy(1)] && away.map(\.isFollowed) == [true, false])
            try change(source, 7)
            #expect(try CopyInspection.read(at: copy(1), table: "calls", indices: 3 ..< 4).records[0].epoch == 0)
            try source.attach(copy: copy(1))
            #expect(isInSync(source, [copy(0), copy(1)]))
            try change(source, 8, at: 4)
            for number in 0 ..< 2 { #expect(try Verification.compare(source: source, copy: copy(number)).isSound) }
            #expect(source.area.of(copy: 1).replicator[.returnsByCut as Counter].load() == 1)
        }
    }

    @Test("The first that it was given is detached, and the other is kept on")
    func firstGoes() throws {
        try follow { source in
            try source.attach(copy: copy(1))
            #expect(isInSync(source, [copy(0), copy(1)]))
            try source.detach(copy: copy(0))
            try change(source, 7)
            #expect(isInSync(source, [copy(1)]))
            #expect(SourceStatus.read(from: source).copyPath == copy(1))
            #expect(try Promotion.promote(copy: copy(0), to: scratch.file("promoted")).problems == [], "nobody has it")
        }
    }

    @Test("What cannot be done is refused in words, and nothing is changed")
    func refused() throws {
        try follow { source in
            #expect(code { () throws(TandemError) in try source.attach(copy: copy(0)) } == .badArgument)
            #expect(code { () throws(TandemError) in try source.detach(copy: copy(0)) } == .badArgument)
            #expect(code { () throws(TandemError) in try source.detach(copy: copy(5)) } == .badArgument)
            #expect(code { () throws(TandemError) in try source.forget(copy: copy(0)) } == .badArgument)
            let long = "/" + String(repeating: "x", count: 1100)
            #expect(code { () throws(TandemError) in try source.attach(copy: long) } == .badArgument)
            let lock = try SlotLock.tryAcquire(file: source.file, byte: source.layout.lockByteOfRequest)
            #expect(code { () throws(TandemError) in try source.attach(copy: copy(1)) } == .inUse)
            withExtendedLifetime(lock) {}
            #expect(SourceStatus.read(from: source).copies.map(\.path) == [copy(0)])
        }
        let source = try SourceDataFile.open(at: scratch.file("source"))
        #expect(code { () throws(TandemError) in try source.attach(copy: copy(1)) } == .unavailable, "nobody runs")
    }

    @Test("What somebody has scribbled over the request is answered, and the replicator goes on")
    func scribbled() throws {
        try follow { source in
            for kind in [0, 6, UInt64.max, 2, 3, 4] as [UInt64] {
                let request = source.area.request
                request.kind.store(kind)
                request.copy.store(.max)
                request.path.initializeMemory(as: UInt8.self, repeating: 0xFF)
                request.state.storeReleasing(ReplicatorRequest.State.asked.rawValue)
                let end = MonotonicClock.now() + 10_000_000_000
                while request.isAsked, MonotonicClock.now() < end { usleep(100) }
                #expect(request.state.load() == ReplicatorRequest.State.answered.rawValue)
                #expect(request.error.load() == UInt64(TandemError.Code.badArgument.rawValue))
            }
            try change(source, 9)
        }
    }

    @Test("A request that somebody takes away ends without an answer, at once")
    func takenAway() throws {
        let source = try SourceDataFile.create(
            at: scratch.file("source"), tables: Exchange.tables, options: Exchange.options)
        let replicator = try Replicator(source: source, copy: copy(0), options: .plain)
        let opened = try SourceDataFile.open(at: source.path)
        let thief = OwnThread { own in
            while !own.isStopping {
                let request = opened.area.request
                if request.isAsked { request.state.store(77) }
                usleep(100)
            }
        }
        let start = MonotonicClock.now()
        #expect(code { () throws(TandemError) in try source.attach(copy: copy(1)) } == .unavailable)
        #expect(MonotonicClock.now() - start < 9_000_000_000, "it was waited for")
        thief.stop()
        withExtendedLifetime(replicator) {}
    }

    @Test("A replicator that does not answer is given up, and does later what it finds asked then, and nothing else")
    func silent() throws {
        let source = try SourceDataFile.create(
            at: scratch.file("source"), tables: Exchange.tables, options: Exchange.options)
        let replicator = try Replicator(source: source, copy: copy(0), options: .plain)
        let asked = code { () throws(TandemError) in try source.attach(copy: copy(1), within: .milliseconds(30)) }
        #expect(asked == .unavailable)
        for _ in 0 ..< 100 { replicator.step() }
        #expect(SourceStatus.read(from: source).copies.map(\.path) == [copy(0)])
    }

    @Test("One that nobody follows is forgotten, with a replicator and without, and its place is free")
    func forgotten() throws {
        try follow { source in
            for number in 1 ..< 3 { try source.attach(copy: copy(number)) }
            #expect(isInSync(source, (0 ..< 3).map(copy)))
            for number in 1 ..< 3 { try source.detach(copy: copy(number)) }
            try source.forget(copy: copy(1))
            #expect(SourceStatus.read(from: source).copies.map(\.path) == [copy(0), copy(2)])
        }
        let source = try SourceDataFile.open(at: scratch.file("source"))
        try source.forget(copy: copy(2))
        #expect(source.area.knownCopies == 1)
        #expect(code { () throws(TandemError) in try source.forget(copy: copy(2)) } == .badArgument)
        // The one that its last replicator followed, too.
        try source.forget(copy: copy(0))
        #expect(source.area.knownCopies == 0 && source.area.copies.allSatisfy { $0.replicator.place.load() == 0 })
    }
}
