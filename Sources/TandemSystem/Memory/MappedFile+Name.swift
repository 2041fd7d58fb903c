internal import CLinuxMemory
internal import Glibc

extension MappedFile {
    /// What has become of the file's name, and of its length.
    package enum Standing: Equatable, Sendable {
        /// The name stands for this file, all of it.
        case named
        /// No name stands for it: it is gone when the last process lets go of it.
        case deleted
        /// Another name stands for it.
        case renamed
        /// It was cut or extended, to so many bytes.
        case resized(Int)
    }

    /// Nobody is told when a file that is in use is deleted, renamed or cut, so somebody has to look.
    package var standing: Standing {
        guard let now = try? FileStatus.of(fd, path: path) else { return .named }
        if now.byteCount != byteCount { return .resized(now.byteCount) }
        if (try? FileStatus.named(path))?.identity == identity { return .named }
        return now.links == 0 ? .deleted : .renamed
    }

    /// Another file stands under the name by now.
    package var isNameTaken: Bool {
        guard let named = try? FileStatus.named(path) else { return false }
        return named.identity != identity
    }

    /// Is the file still what its path names, and as long as it was? A promotion or a new creation may have replaced
    /// it.
    package var isStillNamed: Bool { standing == .named }
}
