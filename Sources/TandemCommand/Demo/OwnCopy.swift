import CLinuxMemory
import Glibc
import Tandem

/// The demo's copy: a file under a name that was free, and the two names beside it that the demo comes to use.
///
/// What stands under these names later need not be the demo's: somebody may have put a file there while the copy was
/// away. So a file is moved or removed only if it is the one that was made here, or says that it is a copy of the
/// demo's own source; and no move ever replaces anything.
final class OwnCopy {
    let path: String
    /// The generation of the demo's source: 128 random bits that only its own copies carry. A copy made anew beside the
    /// old one is another file.
    var generation: String?
    private let made: Inode
    /// Held open: the number of a file that is gone is given to the next one, which would then look like ours.
    private let descriptor: Int32

    private struct Inode: Equatable {
        let device: UInt
        let number: UInt

        init(_ status: stat) { (device, number) = (UInt(status.st_dev), UInt(status.st_ino)) }
    }

    /// Makes the file, empty: a replicator takes it for a blank copy.
    init(_ path: String) throws(CommandFailure) {
        self.path = path
        for name in Self.names(path) where Self.status(of: name) != nil {
            throw CommandFailure(
                """
                \(name): it exists already. Give a path that is free, for which '.away' and '.rebuild' are free, too: \
                the demo makes its copy there and removes it.
                """
            )
        }
        // Exclusive, as a file that came in since must not be taken for ours either.
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system("make the copy", path, errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let number = errno
            close(descriptor)
            throw .system("look at it", path, number)
        }
        made = Inode(status)
    }

    deinit { close(descriptor) }

    func takeAway() throws { try move(path, to: awayPath) }
    func bringBack() throws { try move(awayPath, to: path) }

    /// What is ours goes; anything else stays.
    func remove() {
        for name in Self.names(path) where isOurs(name) { unlink(name) }
    }

    private var awayPath: String { Self.names(path)[1] }

    /// The copy; where it goes when it is taken away; what a replicator makes beside it.
    private static func names(_ path: String) -> [String] { [path, path + ".away", path + ".rebuild"] }

    private func move(_ from: String, to: String) throws(CommandFailure) {
        guard isOurs(from) else {
            throw CommandFailure("\(from): it is not the demo's copy any more; it was left alone")
        }
        let result = file_rename(from, to)
        guard result == 0 else { throw .system("rename it to \(to)", from, -result) }
    }

    private func isOurs(_ name: String) -> Bool {
        guard let status = Self.status(of: name), status.st_mode & S_IFMT == S_IFREG else { return false }
        if Inode(status) == made { return true }
        guard let generation, let copy = try? CopyStatus.read(at: name) else { return false }
        return copy.generation == generation || copy.ancestors.contains(generation)
    }

    /// The status of the name itself, not of what it may lead to.
    private static func status(of path: String) -> stat? {
        var status = stat()
        return lstat(path, &status) == 0 ? status : nil
    }
}
