import Glibc
import TestSupport

/// A loop device over a sparse file.
final class LoopDevice {
    let path: String

    /// Whether this user may have one here.
    static let works: Bool = {
        let scratch = Scratch()
        return geteuid() == 0 && LoopDevice(backing: scratch.file("probe"), byteCount: 1 << 20) != nil
    }()

    init?(backing: String, byteCount: Int, sectorBytes: Int = 512) {
        let descriptor = open(backing, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        guard descriptor >= 0, ftruncate(descriptor, byteCount) == 0,
            let line = Self.output(of: "losetup -f --show -b \(sectorBytes) \(backing) 2>/dev/null"),
            line.hasPrefix("/dev/loop")
        else { return nil }
        path = line
    }

    deinit { _ = Self.output(of: "losetup -d \(path)") }

    private static func output(of command: String) -> String? {
        guard let pipe = popen(command, "r") else { return nil }
        defer { pclose(pipe) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, 256, pipe) != nil else { return nil }
        return String(decoding: line.prefix { $0 != 0 && $0 != 10 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
