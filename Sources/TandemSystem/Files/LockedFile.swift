internal import CLinuxMemory
internal import Glibc
internal import TandemCore

/// Why a file was not opened.
enum OpenFailure: Error {
    /// It is there and must not be touched.
    case refused(TandemError)
    case kernel(KernelFailure)

    static func locked(_ path: String) -> OpenFailure { .kernel(KernelFailure("lock", path, errno: EAGAIN)) }

    /// Somebody else has it locked.
    var isLocked: Bool { if case .kernel(let failure) = self { failure.errno == EAGAIN } else { false } }

    var tandemError: TandemError {
        switch self {
        case .refused(let refusal): refusal
        case .kernel(let failure): failure.tandemError
        }
    }
}

/// An open file with a write lock over all of it, on the very open file description that writes go through.
///
/// A lock granted so means that no late write of an earlier owner can still land: the kernel keeps a description, and
/// its lock, for as long as it has a write in flight. A process's record lock (F_SETLK) does not give this.
final class LockedFile {
    let descriptor: Int32
    /// The file once more, past the page cache, with a part of the lock; -1: not opened.
    var directDescriptor: Int32 = -1
    /// Its name at this moment; a rebuild is renamed when it is published.
    var path: String
    /// Bytes of a block device too.
    private(set) var byteCount: Int
    /// As it must stay while it is open here.
    private(set) var status: FileStatus

    private init(taking descriptor: Int32, path: String, rules: FileRules) throws(OpenFailure) {
        self.descriptor = descriptor
        self.path = path
        do throws(KernelFailure) {
            status = try FileStatus.of(descriptor, path: path)
            byteCount = try checkedCall("measure", path) { lseek(descriptor, 0, SEEK_END) }
        } catch {
            close(descriptor)
            throw .kernel(error)
        }
        // From here on deinit closes.
        if let refusal = rules.refusal(of: status, at: path, onFUSE: file_system_kind(descriptor) == FILE_SYSTEM_FUSE) {
            throw .refused(refusal)
        }
        try kernel { () throws(KernelFailure) in
            _ = try checked(file_lock(descriptor, 0, 0), "lock", path)
            // Somebody may have renamed another file over it between opening and locking.
            guard try FileStatus.named(path).identity == status.identity else {
                throw KernelFailure("lock", path, errno: EAGAIN)
            }
        }
    }

    deinit {
        // Explicitly, as a forked child may hold the description for a little longer.
        _ = file_unlock(descriptor, 0, 0)
        close(descriptor)
        guard directDescriptor >= 0 else { return }
        _ = file_unlock(directDescriptor, 0, 0)
        close(directDescriptor)
    }

    /// Opens and locks an existing file that the rules allow.
    static func open(_ path: String, rules: FileRules) throws(OpenFailure) -> LockedFile {
        // Before opening, as opening a device or a fifo may do something. Links may still change; looked at again
        // later.
        let named = try kernel { () throws(KernelFailure) in try FileStatus.named(path) }
        if let refusal = rules.refusal(of: named, at: path, onFUSE: true) { throw .refused(refusal) }
        let descriptor = try kernel { () throws(KernelFailure) in try checked(file_open(path, 1), "open", path) }
        return try LockedFile(taking: descriptor, path: path, rules: rules)
    }

    /// Makes and locks a file that was not there.
    static func create(_ path: String, rules: FileRules) throws(OpenFailure) -> LockedFile {
        let descriptor = try kernel { () throws(KernelFailure) in try checked(file_create(path), "create", path) }
        return try LockedFile(taking: descriptor, path: path, rules: rules)
    }

    /// Makes the file at least this long, all of it backed by storage, so that no later write finds the disk full.
    func reserve(_ count: Int) throws(KernelFailure) {
        if status.kind == .blockDevice { return }
        let answer = file_reserve(descriptor, Int64(count))
        // Some file systems (FUSE among them) cannot promise; then a full disk shows at a write.
        guard answer >= 0 || answer == -EOPNOTSUPP || answer == -ENOSYS else {
            throw KernelFailure(
                "reserve space for", path, errno: -answer,
                shortage: FileRoom.Shortage(needed: count, free: FileRoom.free(descriptor)))
        }
        try remember()
        if byteCount < count {
            try setByteCount(count)
            try remember()
        }
    }

    /// Storage behind every byte that it has; see `FileRoom`.
    func back() throws(KernelFailure) {
        guard status.kind == .regular else { return }
        try FileRoom.back(descriptor, status, path: path, isOwn: true)
        try remember()
    }

    func setByteCount(_ count: Int) throws(KernelFailure) {
        _ = try checkedCall("set the length of", path) { Int(ftruncate(descriptor, count)) }
    }

    /// Data and length to stable storage. A failure is final: what was written since the last good one may be lost, and
    /// a second call would say that all is well.
    func synchronize() throws(KernelFailure) {
        let descriptor = descriptor
        guard fsync(descriptor) == 0 else { throw KernelFailure("sync", path, errno: errno) }
    }

    /// Makes the next read of `range` come from the medium. The file has just been synchronised: pages that are still
    /// changed stay in the cache. So do pages that somebody has mapped.
    ///
    /// A failed flush leaves its pages in the cache, marked clean, so that they read as if they had been written, until
    /// the kernel needs the memory. The failure is told once. If the process that it is told to is killed in that
    /// moment, nobody learns of it. (fsync(2), notes; posix_fadvise(2), POSIX_FADV_DONTNEED.)
    func forgetCached(_ range: Range<Int>) throws(KernelFailure) {
        let answer = posix_fadvise(descriptor, off_t(range.lowerBound), off_t(range.count), POSIX_FADV_DONTNEED)
        guard answer == 0 else { throw KernelFailure("read anew", path, errno: answer) }
    }

    /// The same, and looks whether they are gone. Whoever moves pages about (compaction, reclaim, a look at them by
    /// somebody else) holds them for a moment, and those stay without an error: so it is tried again for an eighth of a
    /// second.
    func forgetCachedSurely(_ range: Range<Int>) throws(KernelFailure) {
        // In pieces, as the kernel's answer has a byte for each page.
        for start in stride(from: range.lowerBound, to: range.upperBound, by: 1 << 30) {
            let piece = start ..< min(start + (1 << 30), range.upperBound)
            for attempt in 0 ..< 7 {
                try forgetCached(piece)
                if !isCached(piece) { break }
                usleep(1000 << UInt32(attempt))
            }
        }
    }

    /// Whether some page of the range, which begins at one, is in the page cache. False where that cannot be told.
    private func isCached(_ range: Range<Int>) -> Bool {
        let memory = mmap(nil, range.count, PROT_READ, MAP_SHARED, descriptor, range.lowerBound)
        guard let memory, memory != MAP_FAILED else { return false }
        defer { munmap(memory, range.count) }
        var pages = [UInt8](repeating: 0, count: (range.count + 4095) / 4096)
        return mincore(memory, range.count, &pages) == 0 && pages.contains { $0 & 1 != 0 }
    }

    /// Is this file, unchanged, what its path stands for? Truncating, deleting or replacing a file gives its writer no
    /// error.
    var isStillNamed: Bool {
        do throws(KernelFailure) {
            let now = try FileStatus.of(descriptor, path: path)
            let named = try FileStatus.named(path)
            if status.kind == .blockDevice {
                // Its node may be made anew; what it stands for may not change.
                return named.kind == .blockDevice && named.specialDevice == status.specialDevice
                    && lseek(descriptor, 0, SEEK_END) == byteCount
            }
            return now.isStill(status) && named.identity == status.identity
        } catch {
            return false
        }
    }

    private func remember() throws(KernelFailure) {
        status = try FileStatus.of(descriptor, path: path)
        byteCount = status.byteCount
    }
}

/// Runs `body` where a file is being opened.
func kernel<Value>(_ body: () throws(KernelFailure) -> Value) throws(OpenFailure) -> Value {
    do throws(KernelFailure) { return try body() } catch { throw .kernel(error) }
}
