import Glibc
import Tandem
import TestSupport
import Testing

/// Swift hides it, as a child of a program with threads may do little; these do little.
@_silgen_name("fork") private func forkProcess() -> pid_t

@Suite("Writers that fork")
struct ForkTests {
    @Test(
        "P4: a killed writer's child keeps slot and record; when it goes, both are free and the transaction undone"
    )
    func childKeepsTheSlot() async {
        await #expect(processExitsWith: .success) {
            let scratch = Scratch(in: "/dev/shm")
            let source = try SourceDataFile.create(
                at: scratch.file("exchange"), tables: Exchange.tables, options: Exchange.options)
            let calls = try source.table("calls", of: Call.self)
            var ends: [Int32] = [-1, -1]
            precondition(pipe(&ends) == 0)
            let dead = forkProcess()
            if dead == 0 {
                let own = try SourceDataFile.open(at: source.path)
                let table = try own.table("calls", of: Call.self)
                var writer = try own.makeWriter()
                try writer.transaction { change throws(TandemError) in
                    try change.set(table, at: 5, to: Call(9))
                    var child = forkProcess()
                    if child == 0 { while true { pause() } }
                    write(ends[1], &child, MemoryLayout<pid_t>.size)
                    kill(getpid(), SIGKILL)
                }
            }
            var child: pid_t = 0
            precondition(read(ends[0], &child, MemoryLayout<pid_t>.size) == MemoryLayout<pid_t>.size)
            waitpid(dead, nil, 0)

            let isFree = try source.reviveWriter(0)
            precondition(!isFree, "the slot counts as free while somebody holds its lock")
            let before = try calls.read(at: 5)
            precondition(before == Call(0), "an uncommitted change is read")
            var writer = try source.makeWriter()
            do throws(TandemError) {
                try writer.transaction { change throws(TandemError) in try change.set(calls, at: 5, to: Call(7)) }
                preconditionFailure("a record that is held was changed")
            } catch { precondition(error.code == .recordInUse, "\(error)") }

            kill(child, SIGKILL)
            // Nobody's child by now; the lock goes with it.
            while try !source.reviveWriter(0) { usleep(1000) }
            try writer.transaction { change throws(TandemError) in try change.set(calls, at: 5, to: Call(7)) }
            let after = try calls.read(at: 5)
            precondition(after == Call(7))
        }
    }
}
