internal import CLinuxMemory
internal import Glibc
internal import TandemCore

/// What reads and writes past the page cache have to be aligned to.
struct DirectAlignment: Equatable {
    /// What bytes in memory begin at a multiple of; 0: this file has no such reads and writes.
    let memory: Int
    /// The same of the place in the file, and of the length; 0 likewise.
    let offset: Int

    /// As the kernel says. Nil where it does not: before 6.1, and on file systems that keep it to themselves.
    static func asked(of descriptor: Int32, _ kind: FileStatus.Kind) -> DirectAlignment? {
        var (memory, offset) = (UInt32(0), UInt32(0))
        if file_direct_alignment(descriptor, &memory, &offset) == 0 {
            return DirectAlignment(memory: Int(memory), offset: Int(offset))
        }
        guard kind == .blockDevice else { return nil }
        let block = Int(device_block_bytes(descriptor))
        // Older kernels want memory aligned as the device's blocks are.
        return block > 0 ? DirectAlignment(memory: block, offset: block) : nil
    }

    /// Why a copy, which is written in pages from memory that begins at one, does not fit; nil when it does.
    var refusal: String? {
        let page = FileLayout.pageBytes
        if memory == 0 || offset == 0 { return "its file system has no direct I/O for this file" }
        if page % offset != 0 { return "its device has blocks of \(offset) bytes, a copy pages of \(page)" }
        if page % memory != 0 { return "it wants memory aligned to \(memory) bytes, a copy has \(page)" }
        return nil
    }
}

extension LockedFile {
    /// The last byte that a lock can name is far behind the end of any file. This much of it is the second
    /// description's.
    private static let directLockStart: Int64 = 1 << 62

    /// Opens a second description of the file, past the page cache. It has a part of the lock: a write that is under
    /// way through it when this process is killed keeps a successor out as well.
    ///
    /// - Returns: why not; nil when it is open.
    func openDirect() -> String? {
        if directDescriptor >= 0 { return nil }
        if let refusal = DirectAlignment.asked(of: descriptor, status.kind)?.refusal { return refusal }
        let direct = file_open_direct(path)
        guard direct >= 0 else { return Self.refusal(-direct) }
        if let refusal = tried(direct) ?? lockPart(direct) {
            close(direct)
            return refusal
        }
        directDescriptor = direct
        return nil
    }

    /// A look is the only proof on a kernel that says nothing, and costs nothing on one that does.
    private func tried(_ direct: Int32) -> String? {
        // Between the two openings somebody may have put another file in its place.
        guard let opened = try? FileStatus.of(direct, path: path), isSame(opened) else {
            return "another file has taken its name"
        }
        let page = UnsafeMutableRawBufferPointer.allocate(
            byteCount: FileLayout.pageBytes, alignment: FileLayout.pageBytes)
        defer { page.deallocate() }
        while pread(direct, page.baseAddress, page.count, off_t(page.count)) < 0 {
            if errno != EINTR { return Self.refusal(errno) }
        }
        return nil
    }

    private func isSame(_ opened: FileStatus) -> Bool {
        status.kind == .blockDevice
            ? opened.kind == .blockDevice && opened.specialDevice == status.specialDevice
            : opened.identity == status.identity
    }

    /// Whoever else wants the lock wants all of it, and does not get it in between: the first description keeps the
    /// rest.
    private func lockPart(_ direct: Int32) -> String? {
        let start = Self.directLockStart
        _ = file_unlock(descriptor, start, 0)
        let answer = file_lock(direct, start, 0)
        if answer >= 0 { return nil }
        _ = file_lock(descriptor, start, 0)
        return "its lock cannot be shared: \(String(cString: strerror(-answer)))"
    }

    private static func refusal(_ error: Int32) -> String {
        error == EINVAL ? "its file system refuses direct I/O" : String(cString: strerror(error))
    }
}
