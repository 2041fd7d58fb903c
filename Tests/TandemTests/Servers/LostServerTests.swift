import Glibc
import Tandem
import TandemCore
import TandemSystem
import TestSupport
import Testing

@Suite("A server that goes", .serialized)
struct LostServerTests {
    /// A thousand calls are there and here.
    private func replicated(_ remote: Remote) throws -> Live {
        let live = try remote.replicate()
        try live.put(Call(1), at: 0 ..< 1000)
        #expect(live.run { live.isInSync })
        return live
    }

    /// The server is killed, a hundred of them change, and it is noticed.
    private func lose(_ remote: Remote, by live: Live) throws {
        remote.server.kill()
        try live.put(Call(2), at: 0 ..< 100)
        #expect(live.run { live.status.copyState == .offline }, "\(live.log.all)")
    }

    @Test(
        "Killed and started again it gets one cut, and has every acknowledged commit",
        .enabled(if: !NBDServer.Kind.withFile.isEmpty, "no server of files is installed"),
        arguments: NBDServer.Kind.withFile)
    func killed(kind: NBDServer.Kind) throws {
        let remote = try Remote(kind)
        do {
            let live = try replicated(remote)
            try lose(remote, by: live)
            try live.put(Call(3), at: 50 ..< 150)
            #expect(live.status.copyState == .offline)
            remote.server.start()
            #expect(live.run { live.isInSync && live.isReplicated }, "\(live.log.all)")
            #expect(remote.count(.returnsByCut) == 1, "\(live.log.all)")
            #expect(remote.count(.bulkCopies) == 1)
        }
        let calls = try remote.promoted(0 ..< 1000)
        for (index, call) in calls.enumerated() {
            #expect(call == Call(index < 50 ? 2 : index < 150 ? 3 : 1), "record \(index)")
        }
    }

    @Test(
        "One whose memory is gone with it gets everything anew",
        .enabled(if: NBDServer.Kind.memory.isInstalled, "nbdkit is not installed"))
    func forgotten() throws {
        let remote = try Remote(.memory)
        do {
            let live = try replicated(remote)
            try lose(remote, by: live)
            remote.server.start()
            #expect(live.run { live.isInSync && live.isReplicated }, "\(live.log.all)")
            #expect(remote.count(.bulkCopies) == 2)
        }
        let calls = try remote.promoted(0 ..< 1000)
        for (index, call) in calls.enumerated() { #expect(call == Call(index < 100 ? 2 : 1), "record \(index)") }
    }

    @Test(
        "Frozen it is off line within four seconds, writers go on, and it comes back when it is let go on",
        .enabled(if: !NBDServer.Kind.installed.isEmpty, "no nbdkit, qemu-nbd or nbd-server is installed"),
        arguments: NBDServer.Kind.installed)
    func frozen(kind: NBDServer.Kind) throws {
        let remote = try Remote(kind)
        let live = try replicated(remote)
        remote.server.freeze()
        let start = MonotonicClock.now()
        try live.put(Call(2), at: 0 ..< 100)
        #expect(live.run { live.status.copyState == .offline }, "\(live.log.all)")
        #expect(MonotonicClock.now() - start < 4_000_000_000)
        #expect(live.log.all.contains { $0.contains("took too long") }, "\(live.log.all)")
        for value in 3 ... 12 as ClosedRange<UInt64> {
            let begun = MonotonicClock.now()
            try live.put(Call(value), at: 0 ..< 1000)
            #expect(MonotonicClock.now() - begun < 500_000_000, "writers wait for nobody")
            for _ in 0 ..< 8 { live.replicator.step() }
        }
        remote.server.thawAndKeep()
        #expect(live.run(seconds: 20) { live.isInSync && live.isReplicated }, "\(live.log.all)")
    }

    @Test(
        "What may have been left with a server that does not fence is waited for before anything new is written",
        .enabled(if: NBDServer.Kind.file.isInstalled, "nbdkit is not installed"))
    func quiet() throws {
        let remote = try Remote(.file)
        var options = ReplicationOptions.remote
        options.quietTime = .seconds(3)
        let live = try remote.replicate(options: options)
        #expect(live.run { live.isInSync })
        remote.server.freeze()
        try live.put(Call(2), at: 0 ..< 100)
        #expect(live.run { live.status.copyState == .offline })
        // Until the connection is given up, and with it the write that has no answer.
        #expect(live.run { live.status.reason.contains("cannot be reached") }, "\(live.log.all)")
        let answered = MonotonicClock.now()
        remote.server.thawAndKeep()
        let waits = { live.status.reason.contains("may still perform") }
        #expect(live.run(seconds: 20, until: waits), "\(live.log.all) \(remote.server.log)")
        #expect(live.run { live.isInSync && live.isReplicated }, "\(live.log.all)")
        #expect(MonotonicClock.now() - answered > 3_000_000_000)
    }

    @Test(
        "A replicator that follows one which was killed waits as well; one that follows an orderly end does not",
        .enabled(if: NBDServer.Kind.file.isInstalled, "nbdkit is not installed"))
    func successor() throws {
        let remote = try Remote(.file)
        do {
            let live = try remote.replicate()
            #expect(live.run { live.isInSync })
        }
        #expect(remote.source.area.replicator[.process].load() == 0)
        do {
            let live = try remote.replicate()
            #expect(live.run { live.isInSync })
            #expect(!live.log.all.contains { $0.contains("may still perform") }, "\(live.log.all)")
        }
        // As one that was killed leaves it.
        remote.source.area.replicator[.process].store(4711)
        let live = try remote.replicate()
        #expect(live.run { live.status.reason.contains("may still perform") }, "\(live.log.all)")
        #expect(live.run { live.isInSync })
    }
}
