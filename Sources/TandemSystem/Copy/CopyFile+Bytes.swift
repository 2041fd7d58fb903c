internal import Glibc
package import TandemCore

/// Blocking access, for examining, formatting and replaying. The stream of cuts and images goes through a driver.
extension CopyFile: CopyBytes {
    package var count: Int {
        guard let target else { return 0 }
        // What lies behind a copy on a larger device is nobody's.
        return target.status.kind == .blockDevice ? min(target.byteCount, layout.copyBytes) : target.byteCount
    }

    package func read(into destination: UnsafeMutableRawBufferPointer, at offset: Int) throws(CopyFailure) {
        guard let target else { throw CopyFailure(.notFound, errno: EBADF) }
        try attempt { () throws(KernelFailure) in try target.read(into: destination, at: offset) }
    }

    package func write(_ source: UnsafeRawBufferPointer, at offset: Int) throws(CopyFailure) {
        guard let target else { throw CopyFailure(.notFound, errno: EBADF) }
        try attempt { () throws(KernelFailure) in try target.write(source, at: offset) }
    }
}

extension CopyFile {
    /// As the engine's own reads go, past the page cache or through it.
    func readOwn(into destination: UnsafeMutableRawBufferPointer, at offset: Int) throws(CopyFailure) {
        guard let target else { throw CopyFailure(.notFound, errno: EBADF) }
        let own = descriptor(at: offset)
        try attempt { () throws(KernelFailure) in try target.read(into: destination, at: offset, through: own) }
    }

    /// As the stream of cuts and images goes.
    func writeOwn(_ source: UnsafeRawBufferPointer, at offset: Int) throws(CopyFailure) {
        guard let target else { throw CopyFailure(.notFound, errno: EBADF) }
        if let mapped, offset >= layout.journalOffset { return try mapped.writeGuarded(source, at: offset) }
        let own = descriptor(at: offset)
        noteWriting(at: offset)
        try attempt { () throws(KernelFailure) in try target.write(source, at: offset, through: own) }
    }
}

/// Fills `destination`, or returns the kernel's error number; 0 when it is full. For any thread.
func readAll(_ descriptor: Int32, into destination: UnsafeMutableRawBufferPointer, at offset: Int) -> Int32 {
    var done = 0
    while done < destination.count {
        let count = pread(descriptor, destination.baseAddress! + done, destination.count - done, offset + done)
        if count > 0 {
            done += count
        } else if count == 0 {
            // Shorter than it was a moment ago.
            return EIO
        } else if errno != EINTR {
            return errno
        }
    }
    return 0
}

extension LockedFile {
    /// All of it, or a failure.
    ///
    /// - Parameter own: one of the file's descriptions; nil for the one through the page cache.
    func read(
        into destination: UnsafeMutableRawBufferPointer, at offset: Int, through own: Int32? = nil
    ) throws(KernelFailure) {
        let errno = readAll(own ?? descriptor, into: destination, at: offset)
        guard errno == 0 else { throw KernelFailure("read", path, errno: errno) }
    }

    /// All of it, or a failure.
    func write(_ source: UnsafeRawBufferPointer, at offset: Int, through own: Int32? = nil) throws(KernelFailure) {
        let descriptor = own ?? descriptor
        var done = 0
        while done < source.count {
            let count = try checkedCall("write", path) {
                pwrite(descriptor, source.baseAddress! + done, source.count - done, offset + done)
            }
            // Nothing taken and no error: a device's end, or a file system that is full.
            guard count > 0 else { throw KernelFailure("write", path, errno: ENOSPC) }
            done += count
        }
    }
}

extension LockedFile {
    /// Zeros over what is reserved and was never written. The first write to such a block makes the file system note
    /// that it has been written, and the flush behind it waits for that note too: 77 µs for 4 KiB on ext4 where a block
    /// that was written before takes 50.
    func writeZeros(_ range: Range<Int>) throws(KernelFailure) {
        let zeros = [UInt8](repeating: 0, count: min(range.count, 1 << 20))
        for offset in stride(from: range.lowerBound, to: range.upperBound, by: 1 << 20) {
            let count = min(zeros.count, range.upperBound - offset)
            try zeros.withBytes { bytes throws(KernelFailure) in
                try write(UnsafeRawBufferPointer(rebasing: bytes[..<count]), at: offset)
            }
        }
    }
}

extension CopyFile {
    /// What was read to be looked at once gives its room in the page cache to others, and is read from the medium the
    /// next time. Where it stays nothing is lost but that.
    func forget(_ range: Range<Int>) { try? target?.forgetCached(range) }

    /// Completed writes to stable storage. Not repeated on failure: the second answer would be a false yes.
    func flush() throws(CopyFailure) {
        guard let target else { throw CopyFailure(.notFound, errno: EBADF) }
        try attempt { () throws(KernelFailure) in
            guard fdatasync(target.descriptor) == 0 else { throw KernelFailure("flush", target.path, errno: errno) }
        }
    }
}
