internal import Glibc
package import TandemCore

/// A system call that failed: what was attempted, on which file, and the kernel's answer.
package struct KernelFailure: Error, Sendable {
    /// In plain words, to follow "cannot": "open", "lock", "reserve space for".
    package let operation: String
    package let path: String
    package let errno: Int32
    /// Where there was no room: how much it takes, and how much there is.
    package let shortage: FileRoom.Shortage?

    package init(_ operation: String, _ path: String, errno: Int32, shortage: FileRoom.Shortage? = nil) {
        self.operation = operation
        self.path = path
        self.errno = errno
        self.shortage = shortage
    }

    /// As a user reads it.
    package var tandemError: TandemError {
        let (code, remedy) = advice
        return TandemError(code, path, problem, remedy: remedy, errno: errno)
    }

    private var problem: String {
        switch errno {
        case EAGAIN: "another process holds its lock"
        case ENOENT: isCreation ? "its directory does not exist" : "it does not exist"
        case ENOSPC, EDQUOT: "cannot \(operation) it: \(String(cString: strerror(errno)))\(amounts)"
        case EFBIG: "it is larger than a file may be here\(limit)"
        default: "cannot \(operation) it: \(String(cString: strerror(errno)))"
        }
    }

    /// Something was to be made, of which only the directory could be missing.
    private var isCreation: Bool { operation.hasPrefix("create") }

    private var amounts: String {
        guard let shortage else { return "" }
        let free = shortage.free.map { ", and \(ByteCount($0)) are free" } ?? ""
        return "; it needs \(ByteCount(shortage.needed))\(free)"
    }

    /// A process may have a limit below the file system's.
    private var limit: String {
        let needs = shortage.map { ": it needs \(ByteCount($0.needed))" } ?? ""
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(1), &limit) == 0, limit.rlim_cur != rlim_t.max else {  // RLIMIT_FSIZE
            return needs
        }
        return "\(needs.isEmpty ? ": " : needs + ", and ")the process's file size limit is "
            + ByteCount(Int(clamping: limit.rlim_cur)).description
    }

    /// As a controller decides on it.
    package var copyFailure: CopyFailure {
        let kind: CopyFailure.Kind =
            switch errno {
            case ENOENT, ENOTDIR, ENXIO, ENODEV: .notFound
            case ENOSPC, EDQUOT, EFBIG: .noSpace
            case EAGAIN, EEXIST, ETXTBSY: .inUse
            // ENOSYS, EOPNOTSUPP: a file system that has one file and makes no other, such as nbdfuse's.
            case EACCES, EPERM, EROFS, ELOOP, EISDIR, EINVAL, ENAMETOOLONG, ENOSYS, EOPNOTSUPP: .refused
            default: .inputOutput
            }
        return CopyFailure(kind, errno: errno)
    }

    private var advice: (TandemError.Code, remedy: String) {
        switch errno {
        case ENOENT where isCreation: (.notFound, "Create the directory first, or check the path")
        case ENOENT, ENOTDIR: (.notFound, "Check the path")
        case EEXIST: (.exists, "Choose another path, or remove the file if it is not needed")
        case ENOSPC, EDQUOT: (.noSpace, "Free space there, or choose another place")
        case EFBIG:
            (.noSpace, "Raise the file size limit (ulimit -f), or choose a file system that takes files of this size")
        case EAGAIN: (.inUse, "End the process that uses it")
        case EACCES, EPERM: (.unsafeFile, "Run as the user who owns it, or choose another path")
        case EROFS: (.unsafeFile, "Choose a path on a writable file system")
        case ENAMETOOLONG: (.badArgument, "Use a shorter path")
        case ELOOP: (.unsafeFile, "Give the path of the file itself, not of a symbolic link")
        case EMFILE, ENFILE: (.unavailable, "Raise the limit of open files (ulimit -n)")
        case ENOMEM: (.unavailable, "Free memory, or raise the process's limit (ulimit -v)")
        case ENOLCK, EOPNOTSUPP: (.unavailable, "Choose a file system that supports this, such as ext4, xfs or tmpfs")
        default: (.inputOutput, "Look into the kernel's log for the device behind it")
        }
    }
}

/// The value of a shim's result, or its failure.
func checked(_ result: Int32, _ operation: String, _ path: String) throws(KernelFailure) -> Int32 {
    guard result >= 0 else { throw KernelFailure(operation, path, errno: -result) }
    return result
}

/// The value of a libc call, or its failure; repeated when a signal came in between.
func checkedCall(_ operation: String, _ path: String, _ call: () -> Int) throws(KernelFailure) -> Int {
    while true {
        let value = call()
        if value >= 0 { return value }
        let error = errno
        if error != EINTR { throw KernelFailure(operation, path, errno: error) }
    }
}
