internal import CLinuxMemory
internal import Glibc

/// Whether a file has storage behind each of its bytes, and what it takes to give it that.
///
/// A hole in a file that is mapped is filled when it is first touched, even to read it where the file is in memory. On
/// a file system that is full by then the kernel ends whoever touches it by SIGBUS, which is no error that anybody
/// could handle. So holes get their storage before the file is used, or the file is refused.
package enum FileRoom {
    /// What is missing, and what there is.
    package struct Shortage: Sendable, Equatable {
        package let needed: Int
        /// For this user; nil where the file system does not say.
        package let free: Int?
    }

    /// Whether bytes of the file have no storage, as far as that can be told without changing it.
    ///
    /// In memory a page that was reserved and never written counts as a hole for SEEK_HOLE, and has its storage; a huge
    /// page behind the end makes up for a hole in the count of blocks, which is why they must agree to the page.
    static func hasHoles(_ descriptor: Int32, _ status: FileStatus) -> Bool {
        guard status.kind == .regular else { return false }
        if file_system_kind(descriptor) == FILE_SYSTEM_MEMORY {
            return status.storedBytes != (status.byteCount + 4095) & ~4095
        }
        return status.storedBytes < status.byteCount || file_first_hole(descriptor) < status.byteCount
    }

    /// Whether a look through a mapping would take memory that may not be there.
    static func fillsHolesWhenRead(_ descriptor: Int32, _ status: FileStatus) -> Bool {
        file_system_kind(descriptor) == FILE_SYSTEM_MEMORY && hasHoles(descriptor, status)
    }

    /// Storage behind every byte; the contents stay as they are.
    ///
    /// - Parameter isOwn: nobody else writes to it meanwhile. Then what it shares with other files is looked for too.
    /// - Throws: ENOSPC with what it needs and what is there; nothing was changed then that a reader could see.
    static func back(_ descriptor: Int32, _ status: FileStatus, path: String, isOwn: Bool) throws(KernelFailure) {
        guard status.kind == .regular else { return }
        // What memory has is never shared.
        let isSuspect = isOwn && file_system_kind(descriptor) != FILE_SYSTEM_MEMORY
        guard isSuspect || hasHoles(descriptor, status) else { return }
        let answer = file_back(descriptor, Int64(status.byteCount), isOwn ? 1 : 0)
        if answer == 0 { return }
        throw KernelFailure(
            "reserve space for", path, errno: -answer,
            shortage: Shortage(
                needed: max(0, status.byteCount - status.storedBytes), free: free(descriptor)))
    }

    /// Bytes that this user may still take of the file's file system; nil where it does not say.
    package static func free(_ descriptor: Int32) -> Int? {
        var status = statvfs()
        guard fstatvfs(descriptor, &status) == 0, status.f_blocks > 0 else { return nil }
        let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return overflow ? nil : Int(clamping: bytes)
    }
}
