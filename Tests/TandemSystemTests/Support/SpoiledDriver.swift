import Glibc
import TandemCore

@testable import TandemSystem

/// How one operation of a real driver is spoiled, or all from it on.
struct Spoiling {
    enum Kind: String, CaseIterable {
        /// Nothing of it is done.
        case refused
        /// It is done, and said to have failed: who hears of an error does not know what has arrived.
        case doneAndFailed
        /// Half of a write is done, by the kernel; then there is no room. Of anything else nothing is.
        case short
        /// It is started only when it should have been done long ago.
        case late
    }

    var operation: Int
    var kind: Kind
    var lasts = false

    var summary: String { "operation \(operation) \(kind.rawValue)\(lasts ? " for ever" : "")" }
}

/// A driver in front of a real one. Writers' recoveries pass through uncounted, as they are no I/O.
final class SpoiledDriver: CopyDriver {
    private let inner: any CopyDriver
    private let spoiling: Spoiling?
    private(set) var count = 0
    var hasStruck: Bool { spoiling.map { count >= $0.operation } ?? false }
    var isMended = false
    private var completed: [CopyCompletion] = []
    private var failures: [Token: CopyFailure] = [:]
    private var late: [CopyCommand] = []
    /// Handed to the real driver and not completed by it.
    private(set) var underWay = 0

    init(_ inner: any CopyDriver, _ spoiling: Spoiling?, counted: Int = 0) {
        self.inner = inner
        self.spoiling = spoiling
        count = counted
    }

    func submit(_ commands: [CopyCommand]) {
        var passed: [CopyCommand] = []
        for command in commands {
            if case .reviveWriter = command.operation {
                passed.append(command)
                continue
            }
            count += 1
            if let command = strikes ? spoil(command) : command { passed.append(command) }
        }
        hand(passed)
    }

    private var strikes: Bool {
        guard let spoiling, !isMended else { return false }
        return spoiling.lasts ? count >= spoiling.operation : count == spoiling.operation
    }

    /// What is left to be done of it now.
    private func spoil(_ command: CopyCommand) -> CopyCommand? {
        let error = CopyFailure(.inputOutput, errno: EIO)
        switch spoiling!.kind {
        case .refused:
            completed.append(CopyCompletion(token: command.token, result: .failed(error)))
            return nil
        case .doneAndFailed:
            failures[command.token] = error
            return command
        case .short:
            let error = CopyFailure(.noSpace, errno: ENOSPC)
            guard case .write(let bytes, let count, let offset) = command.operation else {
                completed.append(CopyCompletion(token: command.token, result: .failed(error)))
                return nil
            }
            failures[command.token] = error
            return CopyCommand(token: command.token, operation: .write(bytes, count: count / 2 + 1, offset: offset))
        case .late:
            late.append(command)
            return nil
        }
    }

    private func hand(_ commands: [CopyCommand]) {
        underWay += commands.count
        if !commands.isEmpty { inner.submit(commands) }
    }

    /// The device goes on with what it had been late with.
    func release() {
        let commands = late
        late.removeAll()
        hand(commands)
    }

    func reap(into completions: inout [CopyCompletion]) {
        var found: [CopyCompletion] = []
        // Virtual time stands still while the kernel works, so that a busy machine makes nothing late.
        repeat { inner.reap(into: &found) } while found.count < underWay
        underWay = 0
        for completion in found {
            let failure = failures.removeValue(forKey: completion.token)
            completed.append(failure.map { CopyCompletion(token: completion.token, result: .failed($0)) } ?? completion)
        }
        completions.append(contentsOf: completed)
        completed.removeAll()
    }
}
