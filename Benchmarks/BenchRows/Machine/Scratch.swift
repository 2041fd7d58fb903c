internal import Glibc

/// A directory for the run's files, gone when the run is; what a killed run left behind goes with the next one.
final class Scratch: Sendable {
    static let memory = "/dev/shm"
    private static let prefix = "tandem-bench-"
    let directory: String

    init(in parent: String = Scratch.memory) throws {
        Self.removeLeftovers(in: parent)
        directory = "\(parent)/\(Self.prefix)\(getpid())-\(UInt32.random(in: 0 ... .max))"
        guard mkdir(directory, 0o700) == 0 else {
            throw BenchError("cannot make \(directory): \(String(cString: strerror(errno)))")
        }
    }

    deinit { Self.remove(directory) }

    func path(_ name: String) -> String { "\(directory)/\(name)" }

    static func removeFile(_ path: String) { unlink(path) }

    private static func removeLeftovers(in parent: String) {
        for name in FolderNames.list(parent) where name.hasPrefix(prefix) {
            guard let process = Int32(name.dropFirst(prefix.count).prefix { $0 != "-" }), process != getpid() else {
                continue
            }
            if kill(process, 0) != 0, errno == ESRCH { remove("\(parent)/\(name)") }
        }
    }

    private static func remove(_ directory: String) {
        for name in FolderNames.list(directory) { unlink("\(directory)/\(name)") }
        rmdir(directory)
    }
}

/// Why a row could not be measured.
public struct BenchError: Error, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}
