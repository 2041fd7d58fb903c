internal import CLinuxMemory
internal import Glibc

/// What keeps io_uring, or a part of it, from working here, in words that name what to change.
enum RingUnavailability {
    enum Part { case ring, buffers }

    static func reason(_ error: Int32, for part: Part) -> String {
        switch (error, part) {
        case (ENOMEM, _): "RLIMIT_MEMLOCK is too low (ulimit -l)"
        case (EPERM, .ring), (EACCES, .ring): forbidden(sysctl: disabledSetting())
        case (ENOSYS, .ring): "this kernel has no io_uring"
        case (EOPNOTSUPP, .ring): "this kernel's io_uring lacks write or fsync"
        case (EMFILE, .ring), (ENFILE, .ring): "no file descriptor is free (ulimit -n)"
        case (EFAULT, .buffers), (EOPNOTSUPP, .buffers): "they lie in a mapped disk file"
        default: String(cString: strerror(error))
        }
    }

    static func forbidden(sysctl: UInt8?) -> String {
        guard let sysctl, sysctl != UInt8(ascii: "0") else {
            return "a seccomp filter (a container's?) forbids io_uring"
        }
        return "sysctl kernel.io_uring_disabled is \(Character(UnicodeScalar(sysctl)))"
    }

    /// First character of the setting; nil before kernel 6.6.
    private static func disabledSetting() -> UInt8? {
        let path = "/proc/sys/kernel/io_uring_disabled"
        let descriptor = file_open(path, 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var byte: UInt8 = 0
        return read(descriptor, &byte, 1) == 1 ? byte : nil
    }
}
