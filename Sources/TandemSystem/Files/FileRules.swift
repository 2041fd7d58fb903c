internal import Glibc
internal import TandemCore

/// Which files Tandem is willing to open. A file that anybody else can reach or replace is not one to trust.
struct FileRules {
    /// Permission bits that must not be there.
    let forbiddenMode: UInt32
    let allowsBlockDevice: Bool
    /// A file that must not be the one opened: a copy is never its own source.
    let excluded: FileIdentity?

    static let source = FileRules(forbiddenMode: 0o077, allowsBlockDevice: false, excluded: nil)

    /// To look at, which does no harm to anybody: a copy's mode will do.
    static let sourceToLookAt = FileRules(forbiddenMode: 0o022, allowsBlockDevice: false, excluded: nil)

    static func copy(of source: FileIdentity?) -> FileRules {
        FileRules(forbiddenMode: 0o022, allowsBlockDevice: true, excluded: source)
    }

    /// Why the file at `path` must not be used; nil when it may.
    ///
    /// - Parameter onFUSE: the file system is FUSE, which lets in only the user who mounted it, whatever the mode
    ///   says; nbdfuse says 0666.
    func refusal(of file: FileStatus, at path: String, onFUSE: Bool = false) -> TandemError? {
        if let kind = refusedKind(file.kind) {
            return TandemError(
                .unsafeFile, path, "it is a \(kind), not a regular file",
                remedy: "Give the path of a regular file\(allowsBlockDevice ? " or a block device" : "")")
        }
        if let excluded, file.identity == excluded {
            return TandemError(
                .sameFile, path, "the copy is the source itself", remedy: "Give the copy a path of its own")
        }
        if file.kind == .blockDevice { return nil }  // its node belongs to the system, and may have several names
        if file.owner != geteuid() && file.owner != 0 {
            return TandemError(
                .unsafeFile, path, "it belongs to user \(file.owner), not to user \(geteuid()) who runs this",
                remedy: "Run as its owner, or choose another path")
        }
        if file.mode & forbiddenMode != 0 && !onFUSE {
            return TandemError(
                .unsafeFile, path, "its mode \(String(file.mode, radix: 8)) lets other users in",
                remedy: "Take their permissions away with: chmod 600 \(path)")
        }
        if file.links != 1 {
            return TandemError(
                .unsafeFile, path, file.links == 0 ? "it has been deleted" : "it has \(file.links) names (hard links)",
                remedy: "Give a file with a single name")
        }
        return nil
    }

    private func refusedKind(_ kind: FileStatus.Kind) -> String? {
        switch kind {
        case .regular: nil
        case .blockDevice: allowsBlockDevice ? nil : "block device"
        case .directory: "directory"
        case .symbolicLink: "symbolic link"
        case .fifo: "fifo"
        case .socket: "socket"
        case .characterDevice: "character device"
        case .unknown: "file of unknown kind"
        }
    }
}

/// Refuses a path that the kernel would read as another one.
func checkPath(_ path: String) throws(TandemError) {
    guard !path.isEmpty, !path.utf8.contains(0) else {
        throw TandemError(
            .badArgument, "path '\(path)'", "it is empty or contains a zero byte", remedy: "Give the path of a file")
    }
}
