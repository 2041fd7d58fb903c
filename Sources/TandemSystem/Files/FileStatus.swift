internal import Glibc

/// Which file, whatever its name.
package struct FileIdentity: Hashable, Sendable {
    package let device: UInt64
    package let inode: UInt64
}

/// Which file, and when it was last written to: another one, or a write since, shows.
package struct FileMark: Equatable, Sendable {
    private let identity: FileIdentity
    private let modified: UInt64

    init(_ status: FileStatus) { (identity, modified) = (status.identity, status.modified) }

    /// Nil where no file can be seen.
    package init?(at path: String) {
        guard let status = try? FileStatus.named(path) else { return nil }
        self.init(status)
    }
}

/// What `stat` says of a file, as far as Tandem decides by it.
struct FileStatus: Sendable {
    enum Kind { case regular, directory, symbolicLink, fifo, socket, blockDevice, characterDevice, unknown }

    let identity: FileIdentity
    let kind: Kind
    let owner: UInt32
    /// Permission bits.
    let mode: UInt32
    let links: Int
    /// A block device says 0 here; see `LockedFile.byteCount`.
    let byteCount: Int
    /// Bytes that have storage: less than its length where it has holes, more where room was reserved.
    let storedBytes: Int
    /// Which block device it is, whatever node names it.
    let specialDevice: UInt64
    /// When a write last changed it, in nanoseconds.
    let modified: UInt64

    static func of(_ descriptor: Int32, path: String) throws(KernelFailure) -> FileStatus {
        var status = stat()
        _ = try checkedCall("look at", path) { Int(fstat(descriptor, &status)) }
        return FileStatus(status)
    }

    /// The status of what the name itself stands for: a symbolic link is not followed.
    static func named(_ path: String) throws(KernelFailure) -> FileStatus {
        var status = stat()
        _ = try checkedCall("find", path) { Int(lstat(path, &status)) }
        return FileStatus(status)
    }

    /// What a link leads to, whether that has a name or not.
    static func following(_ path: String) throws(KernelFailure) -> FileStatus {
        var status = stat()
        _ = try checkedCall("find", path) { Int(stat(path, &status)) }
        return FileStatus(status)
    }

    private init(_ status: stat) {
        identity = FileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .regular
            case S_IFDIR: .directory
            case S_IFLNK: .symbolicLink
            case S_IFIFO: .fifo
            case S_IFSOCK: .socket
            case S_IFBLK: .blockDevice
            case S_IFCHR: .characterDevice
            default: .unknown
            }
        owner = status.st_uid
        mode = status.st_mode & 0o7777
        links = Int(status.st_nlink)
        byteCount = Int(status.st_size)
        storedBytes = Int(status.st_blocks) * 512
        specialDevice = UInt64(status.st_rdev)
        modified = UInt64(status.st_mtim.tv_sec) * 1_000_000_000 + UInt64(status.st_mtim.tv_nsec)
    }

    /// Same file, unchanged where Tandem would care.
    func isStill(_ earlier: FileStatus) -> Bool {
        identity == earlier.identity && kind == earlier.kind && byteCount == earlier.byteCount
            && links == earlier.links && specialDevice == earlier.specialDevice
    }
}
