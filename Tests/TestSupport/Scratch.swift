package import Glibc

/// A directory of a test's own, removed with what lies in it.
package final class Scratch: Sendable {
    package let path: String

    /// - Parameter parent: "/tmp" is a disk on most machines, "/dev/shm" memory.
    package init(in parent: String = "/tmp") {
        var name = Array("\(parent)/tandem-test-XXXXXX".utf8CString)
        precondition(mkdtemp(&name) != nil, "no directory in \(parent)")
        path = String(decoding: name.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// One that another process of the same test has made.
    package init(madeAt path: String) { self.path = path }

    deinit {
        // Files, and folders that are empty.
        for name in names { Glibc.remove("\(path)/\(name)") }
        rmdir(path)
    }

    package func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Everything in it, sorted.
    package var names: [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var found: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { found.append(name) }
        }
        return found.sorted()
    }

    /// Makes a file with these bytes.
    package func write(_ bytes: [UInt8], to name: String, mode: mode_t = 0o600) {
        let descriptor = open(file(name), O_RDWR | O_CREAT | O_TRUNC, 0o600)
        precondition(
            descriptor >= 0
                && bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) } == bytes.count)
        fchmod(descriptor, mode)
        close(descriptor)
    }

    package func read(_ name: String, count: Int, at offset: Int = 0) -> [UInt8] {
        let descriptor = open(file(name), O_RDONLY)
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: count)
        let got = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, count, offset) }
        return Array(bytes.prefix(max(0, got)))
    }

    package func byteCount(_ name: String) -> Int {
        var status = stat()
        return stat(file(name), &status) == 0 ? Int(status.st_size) : -1
    }

    /// As if it had been written for the last time in 1970.
    package func age(_ name: String) {
        var times = [timespec(tv_sec: 0, tv_nsec: 0), timespec(tv_sec: 0, tv_nsec: 0)]
        precondition(utimensat(AT_FDCWD, file(name), &times, 0) == 0)
    }

    package func secondsSinceWritten(_ name: String) -> Int {
        var status = stat()
        return stat(file(name), &status) == 0 ? time(nil) - status.st_mtim.tv_sec : -1
    }

    /// How many pages of a range of a file the kernel has in its cache.
    package func cachedPages(_ name: String, _ range: Range<Int>) -> Int {
        let descriptor = open(file(name), O_RDWR)
        defer { close(descriptor) }
        return Self.cachedPages(of: descriptor, range)
    }

    /// The same of whatever is open; -1 where that cannot be told.
    package static func cachedPages(of descriptor: Int32, _ range: Range<Int>) -> Int {
        guard let memory = mmap(nil, range.count, PROT_READ, MAP_SHARED, descriptor, range.lowerBound),
            memory != MAP_FAILED
        else { return -1 }
        defer { munmap(memory, range.count) }
        var pages = [UInt8](repeating: 0, count: range.count / 4096)
        guard mincore(memory, range.count, &pages) == 0 else { return -1 }
        return pages.count { $0 & 1 != 0 }
    }
}
