internal import Glibc
package import TandemCore

/// Why a copy does not fit: what it needs, and what its file system has.
package struct CopyRoom: CustomStringConvertible, Equatable {
    package let neededBytes: Int
    package let freeBytes: Int
    /// A file system without limit says 0 of both.
    package let hasNoFilesLeft: Bool

    /// Nil where the file system does not tell, and where it has room: then it is a limit of the process, or a quota.
    package init?(of path: String, layout: FileLayout) {
        var room = statvfs()
        guard statvfs(Directory.of(path), &room) == 0, room.f_blocks > 0 else { return nil }
        var file = stat()
        // What is there already takes no more.
        let taken = lstat(path, &file) == 0 ? Int(clamping: file.st_blocks) * 512 : 0
        neededBytes = max(0, layout.copyBytes - taken)
        let free = UInt64(room.f_bavail).multipliedReportingOverflow(by: UInt64(room.f_frsize))
        freeBytes = free.overflow ? .max : Int(clamping: free.partialValue)
        hasNoFilesLeft = room.f_files > 0 && room.f_favail == 0
        if neededBytes <= freeBytes, !hasNoFilesLeft { return nil }
    }

    package var description: String {
        let bytes = "\(ByteCount(neededBytes)) are needed, \(ByteCount(freeBytes)) are free there"
        return hasNoFilesLeft ? bytes + ", and no more files can be made" : bytes
    }
}

/// Bytes for people: the number itself up to a mebibyte, then with one decimal place.
package struct ByteCount: CustomStringConvertible {
    package let bytes: Int

    package init(_ bytes: Int) { self.bytes = bytes }

    package var description: String {
        let units = [(1 << 30, "GiB"), (1 << 20, "MiB")]
        guard let (size, unit) = units.first(where: { bytes >= $0.0 }) else { return "\(bytes) bytes" }
        let tenths = bytes / (size / 10)
        return tenths % 10 == 0 ? "\(tenths / 10) \(unit)" : "\(tenths / 10).\(tenths % 10) \(unit)"
    }
}
