import CLinuxTrace
import Glibc
import Tandem

/// A writer's process, stopped at its first mark.
struct Victim {
    let process: pid_t

    /// Starts one over the stand as it was created, and prepares the stand while it waits.
    init(of scenario: Scenario, on stand: KillPointFixture) throws {
        stand.blank.putBack()
        process = trace_fork()
        if process == 0 { Self.live(scenario, stand) }
        guard process > 0 else { throw Failure("no child: \(Failure.text(process))") }
        guard trace_to_mark(process) == TRACE_MARK.rawValue else {
            throw Failure("'\(scenario.name)' ended before its first mark")
        }
        stand.clean()
        try scenario.prepare(stand)
        stand.marked.take()
    }

    private static func live(_ scenario: Scenario, _ stand: KillPointFixture) -> Never {
        do throws(TandemError) { try scenario.life(try Session(path: stand.path, chained: stand.chained)) } catch {
            _exit(1)
        }
        _exit(0)
    }

    /// SIGKILL. When this returns the kernel has taken back its locks.
    func kill() throws {
        let answer = trace_kill(process)
        guard answer == 0 else { throw Failure("could not kill it: \(Failure.text(answer))") }
    }

    /// The addresses of its instructions from mark to mark, in the order in which it comes to them.
    func walk() throws -> Path {
        var addresses: [UInt64] = []
        while true {
            addresses.append(trace_instruction(process))
            switch trace_step(process) {
            case Int32(TRACE_STEPPED.rawValue): continue
            // The last step was over the mark's own system call, where the first point is too.
            case Int32(TRACE_MARK.rawValue): return Path(addresses: addresses.dropLast())
            case let answer:
                throw Failure("no second mark after \(addresses.count) instructions: \(Failure.text(answer))")
            }
        }
    }

    /// Executes the first `count` instructions of the path. False if it went another way.
    func execute(_ count: Int, of path: Path) -> Bool {
        let start = path.shortcut(to: count)
        var stop = Int32(TRACE_STEPPED.rawValue)
        if start.visits > 0 { stop = trace_run_to(process, path.addresses[start.point], Int32(start.visits)) }
        for _ in start.point ..< count where stop == TRACE_STEPPED.rawValue { stop = trace_step(process) }
        return stop == TRACE_STEPPED.rawValue && trace_instruction(process) == path.addresses[count]
    }
}

/// The way from mark to mark.
struct Path {
    /// Where a breakpoint stops, and how often before it is the right time.
    struct Shortcut {
        var point = 0
        var visits = 0
    }

    let addresses: [UInt64]
    private let shortcuts: [Shortcut]

    init(addresses: [UInt64]) {
        self.addresses = addresses
        var visits: [UInt64: Int] = [:]
        var best = Shortcut()
        shortcuts = addresses.indices.map { point in
            let address = addresses[point]
            // A repeated string instruction is stepped turn by turn, and entered once.
            guard point == 0 || addresses[point - 1] != address else { return best }
            visits[address, default: 0] += 1
            // A visit costs a stop, as a step does.
            if visits[address]! - point <= best.visits - best.point {
                best = Shortcut(point: point, visits: visits[address]!)
            }
            return best
        }
    }

    /// The way to `point` with the fewest stops: by breakpoint, and single steps from there.
    func shortcut(to point: Int) -> Shortcut { shortcuts[point] }
}
