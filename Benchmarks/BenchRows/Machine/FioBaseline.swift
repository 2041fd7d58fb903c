internal import Foundation

/// What the best known I/O bench makes of the same file: `fio --ioengine=io_uring`, in several shapes, the fastest
/// counts.
struct FioBaseline {
    typealias Shape = [String]

    /// The fastest of each kind.
    struct Shapes {
        let buffered: Shape
        /// Past the page cache. Nil for memory, which has nothing else, and where the file system does not do it.
        let direct: Shape?

        var words: String {
            "buffered " + buffered.joined(separator: " ")
                + (direct.map { ", direct " + $0.joined(separator: " ") } ?? "")
        }
    }

    let executable: String

    /// Nil where fio is not installed.
    init?() {
        guard let found = ChildProcess.find("fio") else { return nil }
        executable = found
    }

    /// Each tried once; only the first where `tries` says so.
    func fastest(path: String, bytes: Int, direct: Bool, tries: Bool) -> Shapes {
        func shapes(direct: Bool) -> [Shape] {
            Array(Self.shapes(direct: direct).prefix(tries ? .max : 1))
        }
        return Shapes(
            buffered: best(shapes(direct: false), path, bytes)?.shape ?? Self.shapes(direct: false)[0],
            direct: direct ? best(shapes(direct: true), path, bytes)?.shape : nil)
    }

    private static func shapes(direct: Bool) -> [Shape] {
        [("64k", 32), ("256k", 16), ("1m", 8), ("1m", 32)].flatMap { size, depth in
            ["0", "1"].map {
                ["--bs=\(size)", "--iodepth=\(depth)", "--direct=\(direct ? 1 : 0)", "--fixedbufs=\($0)"]
            }
        }
    }

    /// Nil where none of them worked.
    private func best(_ shapes: [Shape], _ path: String, _ bytes: Int) -> (shape: Shape, rate: Double)? {
        shapes.map { ($0, rate($0, path, bytes)) }.filter { $0.1 > 0 }.max { $0.1 < $1.1 }
    }

    /// Gigabytes a second by the clock, its flush included; not a number for a shape that this kernel or file system
    /// does not do.
    func rate(_ shape: Shape, _ path: String, _ bytes: Int) -> Double {
        let always = [
            "--name=bulk", "--ioengine=io_uring", "--rw=write", "--filename=\(path)", "--size=\(bytes)",
            "--overwrite=1", "--fallocate=none", "--end_fsync=1", "--thread", "--output-format=json",
        ]
        guard let child = try? ChildProcess(executable, always + shape, capturesOutput: true) else { return .nan }
        let (status, output) = child.result()
        guard status == 0, let answer = try? JSONDecoder().decode(Answer.self, from: Data(output)),
            let job = answer.jobs.first, job.write.io_bytes >= bytes
        else { return .nan }
        return Double(bytes) / Double(max(1, job.write.runtime)) / 1e6
    }

    struct Answer: Decodable {
        struct Job: Decodable {
            struct Write: Decodable {
                let io_bytes: Int
                /// Milliseconds.
                let runtime: Int
            }
            let write: Write
        }
        let jobs: [Job]
    }
}
