internal import Foundation
internal import Glibc

/// A program run to its end, or until it is told to stop.
final class ChildProcess {
    private let process = Process()
    private let output = Pipe()

    /// - Parameters:
    ///   - capturesErrors: with what it prints, where that is captured; else they are dropped.
    ///   - cpu: where it begins. Loading a program takes some 12 ms; on the processor of whoever is measured that is a
    ///     stall of as much as the scheduler gives at once, 4 ms.
    init(
        _ executable: String, _ arguments: [String], capturesOutput: Bool, capturesErrors: Bool = false,
        cpu: Int? = nil
    ) throws {
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        if capturesOutput {
            process.standardOutput = output
            if capturesErrors { process.standardError = output } else { process.standardError = FileHandle.nullDevice }
        }
        try Self.start(process, cpu: cpu)
    }

    /// A child inherits which signals the thread blocks that makes it, and tests' threads block SIGTERM, by which it is
    /// ended. nbdkit ends with the thread that has made it, so that is the calling one, which waits for it.
    ///
    /// - Parameter cpu: where it begins, by a thread of its own that ends at once.
    static func start(_ process: Process, cpu: Int? = nil) throws {
        if let cpu { return try WorkerThread.run(cpu: cpu) { try start(process) } }
        var (none, before) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try process.run()
    }

    /// What it printed, and how it ended.
    func result() -> (status: Int32, output: [UInt8]) {
        let said = outputToItsEnd()
        return (status(), said)
    }

    /// What it printed until it ended. Foundation hears of the end itself up to 60 ms later.
    func outputToItsEnd() -> [UInt8] { Array(output.fileHandleForReading.readDataToEndOfFile()) }

    func status() -> Int32 {
        process.waitUntilExit()
        return process.terminationStatus
    }

    func terminate() {
        process.terminate()
        process.waitUntilExit()
    }

    func kill() {
        Glibc.kill(identifier, SIGKILL)
        process.waitUntilExit()
    }

    var identifier: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }

    /// Where `name` is in the path; nil if nowhere.
    static func find(_ name: String) -> String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
            .map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}
