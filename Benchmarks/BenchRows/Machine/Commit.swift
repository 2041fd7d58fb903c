internal import Foundation

/// The state of the tree that this program was built in.
enum Commit {
    /// Beside the executable rather than in the working directory, which may be of another project.
    static let described: String? = {
        let executable = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let here = FileManager.default.currentDirectoryPath
        for directory in [executable.map { ($0 as NSString).deletingLastPathComponent }, here].compactMap({ $0 }) {
            if let text = describe(directory) { return text }
        }
        return nil
    }()

    private static func describe(_ directory: String) -> String? {
        guard let git = ChildProcess.find("git"),
            let child = try? ChildProcess(
                git, ["-C", directory, "describe", "--always", "--dirty", "--tags", "--abbrev=12"],
                capturesOutput: true)
        else { return nil }
        let (status, output) = child.result()
        let text = String(decoding: output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        return status == 0 && !text.isEmpty ? text : nil
    }
}

enum WallTime {
    /// As in 2026-11-28T04:40:00Z.
    static func text() -> String { ISO8601DateFormatter().string(from: Date()) }
}
