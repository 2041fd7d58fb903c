internal import CLinuxMemory
internal import Glibc

/// A process that has a file open, as /proc tells.
package struct FileHolder: Hashable, Sendable {
    package let process: Int
    package let descriptor: Int32
    /// The name that it was opened by, or has been given since.
    package let path: String
    /// No name stands for the file any more.
    package let isDeleted: Bool
}

/// Who has which file open. Processes of other users are seen by root alone; without /proc there is nobody.
package enum FileHolders {
    /// Who has a file open that was deleted while it was called `path`, by file.
    package static func ofDeleted(_ path: String) -> [FileIdentity: [FileHolder]] {
        let wanted = Directory.absolute(path)
        var found: [FileIdentity: [FileHolder]] = [:]
        for process in processes() {
            for holder in files(of: process) where holder.isDeleted && holder.path == wanted {
                guard let status = try? status(of: holder), status.kind == .regular else { continue }
                found[status.identity, default: []].append(holder)
            }
        }
        return found
    }

    /// Who holds the lock on the copy at `path`, and the files that this process has open besides.
    package static func locking(_ path: String) -> (process: Int, others: [FileHolder])? {
        guard let file = try? FileStatus.named(path) else { return nil }
        for process in processes() {
            let files = files(of: process)
            for holder in files where !holder.isDeleted {
                guard (try? status(of: holder))?.identity == file.identity, holdsLock(holder) else { continue }
                return (process, files.filter { $0 != holder })
            }
        }
        return nil
    }

    /// The first bytes of a file that is held; nil when they are not to be had.
    package static func head(of holder: FileHolder, _ count: Int) -> [UInt8]? {
        guard let status = try? status(of: holder), status.kind == .regular, status.byteCount >= count else {
            return nil
        }
        let descriptor = file_open_held(Int32(holder.process), holder.descriptor, 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: count)
        return pread(descriptor, &bytes, count, 0) == count ? bytes : nil
    }

    private static func link(_ process: Int, _ descriptor: Int32) -> String { "/proc/\(process)/fd/\(descriptor)" }

    private static func status(of holder: FileHolder) throws(KernelFailure) -> FileStatus {
        try FileStatus.following(link(holder.process, holder.descriptor))
    }

    private static func processes() -> [Int] { Directory.names(in: "/proc").compactMap { Int($0) }.sorted() }

    private static func files(of process: Int) -> [FileHolder] {
        let gone = " (deleted)"
        return Directory.names(in: "/proc/\(process)/fd").compactMap { Int32($0) }.compactMap { descriptor in
            // What is no file has a name without a slash: pipe:[1234].
            guard let target = Directory.target(of: link(process, descriptor)), target.hasPrefix("/") else {
                return nil
            }
            guard target.hasSuffix(gone) else {
                return FileHolder(process: process, descriptor: descriptor, path: target, isDeleted: false)
            }
            // The name that it was opened by is gone; it may have another.
            let links = (try? FileStatus.following(link(process, descriptor)))?.links
            return FileHolder(
                process: process, descriptor: descriptor, path: String(target.dropLast(gone.count)),
                isDeleted: links == 0)
        }
    }

    /// Locks are shown of the very description that they belong to.
    private static func holdsLock(_ holder: FileHolder) -> Bool {
        Directory.text(of: "/proc/\(holder.process)/fdinfo/\(holder.descriptor)").contains("OFDLCK")
    }
}
