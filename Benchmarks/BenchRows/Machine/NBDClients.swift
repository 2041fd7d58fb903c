internal import Foundation
internal import TandemSystem

/// What others make of as many bytes over the same transport, to a server of the same software.
enum NBDClient: String, CaseIterable, Hashable {
    case nbdcopy
    case fio

    var words: String { self == .nbdcopy ? "nbdcopy" : "fio's nbd engine" }

    private static let requestBytes = 256 << 10

    /// Gigabytes a second by the clock, flushed.
    /// - Parameters:
    ///   - file: what nbdcopy copies, `bytes` long. fio makes up its own, in whole requests.
    ///   - address: of a file on nbdkit, at least as long.
    /// - Throws: why it cannot be measured.
    func rate(_ file: String, bytes: Int, to address: String, _ scratch: Scratch) throws -> Double {
        switch self {
        case .nbdcopy: try Self.copy(file, bytes, address)
        case .fio: try Self.write(bytes, address, report: scratch.path("fio"))
        }
    }

    /// Its own choice of connections and of requests, and each byte sent, zeros as well.
    private static func copy(_ file: String, _ bytes: Int, _ address: String) throws -> Double {
        guard let program = ChildProcess.find("nbdcopy") else {
            throw BenchError("it is not installed: apt-get install libnbd-bin")
        }
        let start = MonotonicClock.now()
        let child = try ChildProcess(
            program, ["--flush", "--no-extents", "--sparse=0", file, address], capturesOutput: true,
            capturesErrors: true)
        let (status, said) = child.result()
        let taken = MonotonicClock.now() - start
        guard status == 0 else { throw BenchError(words(said)) }
        return Double(bytes) / Double(taken)
    }

    private static func write(_ bytes: Int, _ address: String, report: String) throws -> Double {
        let whole = max(requestBytes, bytes / requestBytes * requestBytes)
        guard let fio = FioBaseline() else { throw BenchError("it is not installed: apt-get install fio") }
        guard fio.hasEngine("nbd") else { throw BenchError("this fio was built without it") }
        Scratch.removeFile(report)
        let child = try ChildProcess(
            fio.executable,
            [
                "--name=bulk", "--ioengine=nbd", "--uri=\(address)", "--rw=write", "--bs=\(requestBytes)",
                "--iodepth=16", "--size=\(whole)", "--end_fsync=1", "--thread", "--eta=never", "--output-format=json",
                "--output=\(report)",
            ], capturesOutput: true, capturesErrors: true)
        let (status, said) = child.result()
        guard status == 0, let data = FileManager.default.contents(atPath: report),
            // A line of the engine's comes before it.
            let answer = try? JSONDecoder().decode(
                FioBaseline.Answer.self, from: data.drop { $0 != UInt8(ascii: "{") }),
            let job = answer.jobs.first, job.write.io_bytes == whole
        else { throw BenchError(words(said)) }
        return Double(whole) / Double(max(1, job.write.runtime)) / 1e6
    }

    /// The first line of what a program said before it gave up.
    private static func words(_ said: [UInt8]) -> String {
        let line = String(decoding: said, as: UTF8.self).split(separator: "\n").first.map { String($0) }
        return line ?? "it did not write all bytes, and said nothing"
    }
}

extension FioBaseline {
    func hasEngine(_ name: String) -> Bool {
        guard let said = try? ChildProcess(executable, ["--enghelp"], capturesOutput: true).result().output else {
            return false
        }
        return String(decoding: said, as: UTF8.self).split(whereSeparator: \.isWhitespace).contains(Substring(name))
    }
}
