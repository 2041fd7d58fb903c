internal import Foundation
internal import Glibc
internal import TandemSystem

/// A program that is asked in lines and answers in lines.
final class Conversation {
    private let process = Process()
    private let questions = Pipe()
    private let answers = Pipe()
    private var read: [UInt8] = []

    init(_ executable: String, _ arguments: [String]) throws {
        // A program that has ended is an answer that does not come, and no reason to end as well.
        signal(SIGPIPE, SIG_IGN)
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.standardInput = questions
        process.standardOutput = answers
        try ChildProcess.start(process)
        // The pipe's other writing end is the program's, so that its end is the end of its answers.
        try? answers.fileHandleForWriting.close()
    }

    func ask(_ question: String) throws {
        let bytes = Array((question + "\n").utf8)
        guard write(questions.fileHandleForWriting.fileDescriptor, bytes, bytes.count) == bytes.count else {
            throw BenchError("it does not listen any more: it has ended")
        }
    }

    /// - Throws: after `seconds` without a line, or when the program has ended.
    func line(within seconds: Double) throws -> String {
        let deadline = MonotonicClock.now() + UInt64(seconds * 1e9)
        let descriptor = answers.fileHandleForReading.fileDescriptor
        while true {
            if let end = read.firstIndex(of: UInt8(ascii: "\n")) {
                defer { read.removeSubrange(...end) }
                return String(decoding: read[..<end], as: UTF8.self)
            }
            let now = MonotonicClock.now()
            guard now < deadline else { throw BenchError("it has not answered for \(shortNumber(seconds)) s") }
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, Int32(min(1000, (deadline - now) / 1_000_000 + 1))) > 0 else { continue }
            var chunk = [UInt8](repeating: 0, count: 4096)
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            guard count > 0 else {
                process.waitUntilExit()
                throw BenchError("it has ended with status \(process.terminationStatus)")
            }
            read += chunk[..<count]
        }
    }

    /// It ends when there is nothing more to be asked, and takes its servers and files with it.
    func end(within seconds: Double = 20) {
        try? questions.fileHandleForWriting.close()
        let deadline = MonotonicClock.now() + UInt64(seconds * 1e9)
        while process.isRunning, MonotonicClock.now() < deadline { usleep(10_000) }
        if process.isRunning { process.terminate() }
        process.waitUntilExit()
    }
}
