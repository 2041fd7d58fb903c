internal import Glibc
package import TandemCore

extension CopyFile {
    /// Makes what was probed, or a new file, a copy of this source: all its space, identity, schema and state slots,
    /// durable.
    package func format(_ slot: StateSlot) throws(CopyFailure) {
        life = slot.life
        discardRebuild()
        if let current { return try formatExisting(current, slot) }
        let file = try openTarget { () throws(OpenFailure) in try LockedFile.create(path, rules: rules) }
        do throws(CopyFailure) {
            try lay(slot, in: file)
            try attempt { () throws(KernelFailure) in try Directory.synchronize(around: path) }
        } catch {
            // So that the next probe finds nothing rather than a part.
            remove(file)
            throw error
        }
        current = file
        createIfMissing = false
    }

    /// Makes a copy in a new file next to the copy, which stays locked and as it is; writes go to the new one from now
    /// on.
    package func formatBeside(_ slot: StateSlot) throws(CopyFailure) {
        discardRebuild()
        waitForReplaced()
        guard let current, current.status.kind == .regular else {
            throw noted(KernelFailure("make a file beside", path, errno: EOPNOTSUPP))
        }
        try attempt { () throws(KernelFailure) in try removeStaleRebuild() }
        let file = try openTarget { () throws(OpenFailure) in try LockedFile.create(rebuildPath, rules: rules) }
        do throws(CopyFailure) {
            try attempt { () throws(KernelFailure) in try requireSpace(file) }
            try lay(slot, in: file)
        } catch {
            remove(file)
            throw error
        }
        rebuild = file
    }

    /// The file made beside the copy takes the copy's name. Until then a crash leaves the old copy; after, the new one.
    package func publishRebuild() throws(CopyFailure) {
        guard let rebuild, current != nil else { throw CopyFailure(.refused, errno: EINVAL) }
        try synchronize(rebuild)
        // Right before the rename, as the flush takes its time and a file that comes in between must not be lost.
        guard rebuild.isStillNamed, current?.isStillNamed == true else { throw CopyFailure(.identityChanged) }
        try attempt { () throws(KernelFailure) in
            guard rename(rebuildPath, path) == 0 else { throw KernelFailure("rename", rebuildPath, errno: errno) }
        }
        rebuild.path = path
        self.rebuild = nil
        giveUpReplaced()
        self.current = rebuild
        try attempt { () throws(KernelFailure) in try Directory.synchronize(around: path) }
    }

    /// Closes, on a thread of its own, the file whose name the rebuild has taken: the kernel takes its memory back page
    /// by page, 0.4 s for 1 GiB, in which no copy would be brought anything.
    ///
    /// Nobody else may hold it then: whoever lets go last closes it.
    private func giveUpReplaced() {
        mapped = nil
        let replaced = ReplacedFile(current)
        current = nil
        closing = DetachedThread(named: "tandem-close") {
            CurrentThread.giveWay()
            replaced.file = nil
        }
    }

    /// The room of the file that was replaced is free again.
    private func waitForReplaced() {
        while let closing, !closing.hasEnded { usleep(1000) }
        closing = nil
    }

    var rebuildPath: String { LeftRebuild.path(besides: path) }

    func discardRebuild() {
        mapped = nil
        if let rebuild { remove(rebuild) }
        rebuild = nil
    }

    private func formatExisting(_ file: LockedFile, _ slot: StateSlot) throws(CopyFailure) {
        let before = file.byteCount
        do throws(CopyFailure) { try lay(slot, in: file) } catch {
            // What could be reserved of a full disk goes back.
            if file.status.kind == .regular && before < layout.copyBytes { try? file.setByteCount(before) }
            throw error
        }
    }

    private func lay(_ slot: StateSlot, in file: LockedFile) throws(CopyFailure) {
        let header = CopyFormatter.header(layout: layout, slot: slot, checksum: checksum)
        try attempt { () throws(KernelFailure) in
            try file.reserve(layout.copyBytes)
            try header.withBytes { bytes throws(KernelFailure) in try file.write(bytes, at: 0) }
            if isDurable { try file.writeZeros(layout.journalOffset ..< layout.copyBytes) }
        }
        try synchronize(file)
        do throws(TandemError) { try openWay(to: file) } catch {
            throw noted(KernelFailure("write past the page cache of", file.path, errno: EOPNOTSUPP))
        }
        // Memory that is reserved only is cleared when it is first written to, and in a virtual machine fetched from
        // the host: ten times as long, and that in the first cuts, of which somebody waits for each.
        MappedBytes(inMemory: file.descriptor)?.populate(layout.journalOffset ..< layout.copyBytes)
    }

    /// Told apart from other failures, so that nobody flushes again and believes it.
    func synchronize(_ file: LockedFile) throws(CopyFailure) {
        do throws(KernelFailure) { try file.synchronize() } catch {
            throw CopyFailure(.flushFailed, errno: noted(error).errno)
        }
    }

    /// Asked before reserving, as filling the disk up to find out would harm its other users.
    private func requireSpace(_ file: LockedFile) throws(KernelFailure) {
        var status = statvfs()
        _ = try checkedCall("ask for free space of", path) { Int(fstatvfs(file.descriptor, &status)) }
        if status.f_blocks == 0 { return }  // a tmpfs without limit
        let free = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        guard free.overflow || free.partialValue >= UInt64(layout.copyBytes) else {
            throw KernelFailure(
                "reserve space for", rebuildPath, errno: ENOSPC,
                shortage: FileRoom.Shortage(needed: layout.copyBytes, free: Int(clamping: free.partialValue)))
        }
    }

    /// Removes what a killed replicator left, if it is ours: a regular file of this user that nobody holds, with our
    /// bytes in it.
    private func removeStaleRebuild() throws(KernelFailure) {
        do throws(OpenFailure) {
            let stale = try LockedFile.open(rebuildPath, rules: rules)
            guard stale.status.kind == .regular, stale.status.owner == geteuid(),
                left?.isOurs(writable: false) == true
            else {
                throw .kernel(KernelFailure("remove", rebuildPath, errno: EPERM))
            }
            remove(stale)
        } catch {
            switch error {
            case .refused: throw KernelFailure("remove", rebuildPath, errno: EPERM)
            case .kernel(let failure): if failure.errno != ENOENT { throw failure }
            }
        }
    }

    /// Goes when a copy that is in use is looked at.
    func removeLeftRebuild() { left?.remove() }

    private var left: LeftRebuild? {
        life.map { LeftRebuild(besides: path, layout: layout, life: $0, checksum: checksum) }
    }

    /// Deletes the name of a file that is open here, unless the name stands for something else by now.
    private func remove(_ file: LockedFile) {
        if (try? FileStatus.named(file.path))?.identity == file.status.identity { unlink(file.path) }
    }

    private func openTarget(_ open: () throws(OpenFailure) -> LockedFile) throws(CopyFailure) -> LockedFile {
        do throws(OpenFailure) { return try open() } catch {
            switch error {
            case .refused: throw CopyFailure(.refused)
            case .kernel(let failure): throw noted(failure)
            }
        }
    }
}

/// Belongs to the thread that closes it, from when that begins.
private final class ReplacedFile: @unchecked Sendable {
    var file: LockedFile?

    init(_ file: LockedFile?) { self.file = file }
}
