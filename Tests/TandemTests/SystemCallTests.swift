import CLinuxTrace
import Glibc
import Tandem
import TandemCore
import TestSupport
import Testing

/// In processes of their own, which the kernel kills for any system call but a write or the end.
@Suite("P3: the write path asks nothing of the kernel")
struct SystemCallTests {
    @Test(
        "P3: transactions and reads make no system call, whether a capture runs, hangs, or none does",
        .enabled(if: Sanitizer.isOff, "a sanitizer makes system calls of its own"))
    func none() async throws {
        let scratch = Scratch(in: "/dev/shm")
        await #expect(processExitsWith: .success) { [path = scratch.file("source") as String] in
            let source = try SourceDataFile.create(at: path, tables: Exchange.tables, options: Exchange.options)
            let calls = try source.table("calls", of: Call.self)
            let trunks = try source.table("trunks", of: Trunk.self)
            var writer = try source.makeWriter()
            // Whatever is made or looked up once.
            try traffic(1000, &writer, calls, trunks)
            precondition(trace_forbid_calls() == 0)
            try traffic(20_000, &writer, calls, trunks)
            // A capture begins, and its engine never comes back.
            source.area.epoch.add(1)
            try traffic(20_000, &writer, calls, trunks)
            _exit(0)
        }
    }

    @Test("The kernel kills the process for the least call, so that the test above can fail")
    func anyCallKills() async {
        await #expect(processExitsWith: .signal(SIGSYS)) {
            precondition(trace_forbid_calls() == 0)
            sched_yield()
            _exit(0)
        }
    }
}

/// Commits, reads and roll-backs over partitioned and shared records.
private func traffic(
    _ rounds: Int, _ writer: inout Writer, _ calls: DataTable<Call>, _ trunks: DataTable<Trunk>
) throws(TandemError) {
    for round in 0 ..< rounds {
        try writer.transaction { change throws(TandemError) in
            try change.set(calls, at: round % 1000, to: Call(UInt64(round)))
            try change.update(trunks, at: round % 40) { $0.busy &+= 1 }
        }
        guard try calls.read(at: round % 1000).number == UInt64(round) else {
            preconditionFailure("not what was written")
        }
        do throws(TandemError) {
            try writer.transaction { change throws(TandemError) in
                try change.update(trunks, at: round % 40) { $0.busy &+= 1 }
                throw change.abort()
            }
        } catch { precondition(error.code == .aborted, "\(error)") }
    }
}
