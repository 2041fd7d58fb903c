import Glibc
import Tandem
import TandemCore
import TandemSystem
import TestSupport
import Testing

/// A source, a server, and a replicator between them.
final class Remote {
    let scratch = Scratch(in: "/dev/shm")
    let server: NBDServer
    let source: SourceDataFile

    init(
        _ kind: NBDServer.Kind, options: [String] = [], bytes: Int? = nil, isTCP: Bool = false
    ) throws(TandemError) {
        source = try SourceDataFile.create(
            at: scratch.file("source"), tables: Exchange.tables, options: Exchange.options)
        server = NBDServer(kind, in: scratch, bytes: bytes ?? source.layout.copyBytes, options: options, isTCP: isTCP)
    }

    func replicate(
        to address: String? = nil, options: ReplicationOptions = .remote
    ) throws(TandemError) -> Live {
        try Live(source: source, copy: address ?? server.address, options: options)
    }

    func count(_ counter: Counter) -> UInt64 { source.area.replicator[counter].load() }

    /// What the server exports as a file of its own, which is then promoted and read.
    func promoted(_ indices: Range<Int>) throws -> [Call] {
        let copy = server.kind.hasFile ? server.path : scratch.file("fetched")
        if !server.kind.hasFile {
            #expect(NBDServer.run(["nbdcopy", "--synchronous", server.address, copy]) == 0)
            chmod(copy, 0o600)
        }
        server.kill()
        _ = try Promotion.promote(copy: copy)
        let source = try SourceDataFile.open(at: copy)
        let calls = try source.table("calls", of: Call.self)
        return try indices.map { try calls.read(at: $0) }
    }
}

extension ReplicationOptions {
    /// Servers are given little time, as nothing here is late.
    static var remote: ReplicationOptions {
        var options = ReplicationOptions()
        options.quietTime = .milliseconds(300)
        return options
    }
}

@Suite("A copy on a server of block devices", .serialized)
struct ServerCopyTests {
    @Test(
        "It gets in sync, takes what is changed, and is promoted with every acknowledged commit",
        .enabled(if: !NBDServer.Kind.installed.isEmpty, "no nbdkit, qemu-nbd or nbd-server is installed"),
        arguments: NBDServer.Kind.installed, [false, true])
    func whole(kind: NBDServer.Kind, durable: Bool) throws {
        let remote = try Remote(kind)
        do {
            var options = ReplicationOptions.remote
            options.durable = durable
            let live = try remote.replicate(options: options)
            try live.put(Call(1), at: 0 ..< 1000)
            #expect(live.run { live.isInSync }, "\(live.log.all) \(remote.server.log)")
            for value in 2 ... 40 as ClosedRange<UInt64> {
                try live.put(Call(value), at: Int(value) * 10 ..< Int(value) * 10 + 10)
                #expect(live.run { live.isReplicated }, "\(live.log.all)")
            }
            #expect(live.status.driver.contains("without a fence"), "\(live.status.driver)")
        }
        let calls = try remote.promoted(0 ..< 1000)
        for (index, call) in calls.enumerated() {
            let value = UInt64(index / 10)
            #expect(call == Call((2 ... 40).contains(value) ? value : 1), "record \(index)")
        }
    }
}
