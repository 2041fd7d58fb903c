internal import Foundation

/// What the best known I/O bench makes of the same file: `fio --ioengine=io_uring`, several jobs, the fastest counts.
struct FioBaseline {
    private let executable: String

    /// Nil where fio is not installed.
    init?() {
        guard let found = ChildProcess.find("fio") else { return nil }
        executable = found
    }

    /// Buffered as Tandem writes; on disks also directly, as that may be the device's best.
    func jobs(for path: String) -> [[String]] {
        let shapes = [("64k", 32), ("256k", 16), ("1m", 8), ("1m", 32)]
        let direct = path.hasPrefix(Scratch.memory) ? ["0"] : ["0", "1"]
        return direct.flatMap { direct in
            shapes.flatMap { bytes, depth in
                ["0", "1"].map { ["--bs=\(bytes)", "--iodepth=\(depth)", "--direct=\(direct)", "--fixedbufs=\($0)"] }
            }
        }
    }

    /// Gigabytes a second of the fastest job.
    func best(path: String, bytes: Int) throws -> Double {
        var best = 0.0
        for job in jobs(for: path) { best = max(best, rate(job, path, bytes)) }
        guard best > 0 else { throw BenchError("fio could not write \(path) with io_uring") }
        return best
    }

    /// 0 for a job that this kernel or file system does not do.
    private func rate(_ job: [String], _ path: String, _ bytes: Int) -> Double {
        let always = [
            "--name=bulk", "--ioengine=io_uring", "--rw=write", "--filename=\(path)", "--size=\(bytes)",
            "--overwrite=1",
            "--fallocate=none", "--end_fsync=1", "--thread", "--output-format=json",
        ]
        guard let child = try? ChildProcess(executable, always + job, capturesOutput: true) else { return 0 }
        let (status, output) = child.result()
        guard status == 0, let answer = try? JSONDecoder().decode(Answer.self, from: Data(output)),
            let write = answer.jobs.first?.write, write.io_bytes >= bytes
        else { return 0 }
        return write.bw_bytes / 1e9
    }

    private struct Answer: Decodable {
        struct Job: Decodable {
            struct Write: Decodable {
                let bw_bytes: Double
                let io_bytes: Int
            }
            let write: Write
        }
        let jobs: [Job]
    }
}
