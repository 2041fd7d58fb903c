internal import CLinuxMemory
internal import Glibc
package import TandemCore

extension MappedFile {
    /// Makes a file that appears under its name only when it is whole: nobody ever attaches to half of one, and of two
    /// creators at once one wins.
    ///
    /// - Parameters:
    ///   - placement: where its pages shall lie; settled before the first of them exists.
    ///   - prepare: fills in the zeroed bytes.
    /// - Throws: `.exists` when the name is taken, `.noSpace` when not all of it has room: now, never a SIGBUS later.
    package static func create(
        path: String, bytes: Int, placement: MemoryPlacement = .automatic,
        prepare: (UnsafeMutableRawPointer) throws(TandemError) -> Void
    ) throws(TandemError) -> MappedFile {
        try create(path: path, bytes: bytes, placement: placement, unnamed: true, prepare: prepare)
    }

    /// - Parameter unnamed: false as where the file system has no unnamed files.
    static func create(
        path: String, bytes: Int, placement: MemoryPlacement, unnamed: Bool,
        prepare: (UnsafeMutableRawPointer) throws(TandemError) -> Void
    ) throws(TandemError) -> MappedFile {
        try checkPath(path)
        FileSizeSignal.ignored  // a file size limit is an error here, not a death
        let birth: UnnamedFile
        let file: MappedFile
        do throws(KernelFailure) {
            // Early, as reserving gigabytes takes a while. Not trusted: taking the name decides.
            try requireFreeName(path)
            birth = try UnnamedFile(of: path, unnamed: unnamed)
            let fd = birth.descriptor
            let length = checkedLength(fd, bytes, path: path)
            if let length {
                close(fd)
                throw length
            }
            file = try MappedFile(taking: fd, path: path, byteCount: bytes, writable: true, placement: placement)
            try reserve(fd, bytes, path: path)
        } catch {
            throw error.tandemError
        }
        try prepare(file.base)
        do throws(KernelFailure) { try birth.takeName() } catch { throw error.tandemError }
        return file
    }

    /// Whatever else keeps the name from being taken is told before the work, too.
    private static func requireFreeName(_ path: String) throws(KernelFailure) {
        do throws(KernelFailure) { _ = try FileStatus.named(path) } catch {
            if error.errno == ENOENT { return }
            throw error
        }
        throw KernelFailure("create", path, errno: EEXIST)
    }

    private static func checkedLength(_ fd: Int32, _ bytes: Int, path: String) -> KernelFailure? {
        guard ftruncate(fd, bytes) != 0 else { return nil }
        return KernelFailure(
            "set the length of", path, errno: errno,
            shortage: FileRoom.Shortage(needed: bytes, free: FileRoom.free(fd)))
    }

    /// Memory behind every byte. Here posix_fallocate's fallback, writing each block, is wanted: a hole in a mapped
    /// file on a full file system kills the writer that finds it.
    private static func reserve(_ fd: Int32, _ bytes: Int, path: String) throws(KernelFailure) {
        // Before, as what could be reserved is counted for as long as the descriptor lives.
        let free = FileRoom.free(fd)
        while true {
            let error = posix_fallocate(fd, 0, bytes)
            if error == 0 { return }
            if error != EINTR {
                throw KernelFailure(
                    "reserve space for", path, errno: error,
                    shortage: FileRoom.Shortage(needed: bytes, free: free))
            }
        }
    }
}

/// A file between its first byte and its name.
final class UnnamedFile {
    /// Belongs to whoever made this; not closed here.
    let descriptor: Int32
    private let path: String
    /// The name it has meanwhile where the file system has no unnamed files.
    private var temporary: String?

    init(of path: String, unnamed: Bool) throws(KernelFailure) {
        self.path = path
        let directory = Directory.of(path)
        if unnamed {
            let answer = file_create_unnamed(directory)
            // EISDIR: a kernel that does not know such files.
            if answer != -EOPNOTSUPP && answer != -EISDIR {
                descriptor = try checked(answer, "create a file in the directory of", path)
                return
            }
        }
        let name = "\(directory)/.tandem-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        descriptor = try checked(file_create(name), "create a file in the directory of", path)
        temporary = name
    }

    /// The name becomes the file's, unless it is taken.
    func takeName() throws(KernelFailure) {
        if let temporary {
            guard link(temporary, path) == 0 else { throw KernelFailure("create", path, errno: errno) }
            unlink(temporary)
            self.temporary = nil
        } else {
            _ = try checked(file_name(descriptor, path), "create", path)
            knowByName()
        }
    }

    /// To /proc the descriptor is still one of a file that never had a name: who looks for those that have the source
    /// open would not find its maker.
    private func knowByName() {
        let named = file_open(path, 1)
        guard named >= 0 else { return }
        defer { close(named) }
        guard let own = try? FileStatus.of(descriptor, path: path),
            (try? FileStatus.of(named, path: path))?.identity == own.identity
        else { return }
        _ = file_replace(descriptor, named)
    }

    deinit {
        if let temporary { unlink(temporary) }
    }
}
