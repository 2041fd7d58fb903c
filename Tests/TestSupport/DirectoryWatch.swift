internal import Glibc

/// Whether somebody has opened the directory itself: there is no other way to flush it, and no other reason here to do
/// so.
package final class DirectoryWatch {
    private let descriptor: Int32

    package init(_ path: String) throws {
        descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        guard inotify_add_watch(descriptor, path, UInt32(IN_OPEN)) >= 0 else { throw CannotWatch() }
    }

    private struct CannotWatch: Error {}

    deinit { close(descriptor) }

    /// Since it was last asked.
    package var wasOpened: Bool {
        var events = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &events, events.count)
        var offset = 0
        while offset < count {
            let event = events.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: inotify_event.self) }
            if event.mask & UInt32(IN_ISDIR) != 0 && event.len == 0 { return true }
            offset += MemoryLayout<inotify_event>.size + Int(event.len)
        }
        return false
    }
}
