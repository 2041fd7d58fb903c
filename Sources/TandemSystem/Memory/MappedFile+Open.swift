internal import CLinuxMemory
internal import Glibc
package import TandemCore

extension MappedFile {
    /// Maps an existing file after checking its kind, owner, mode and links. The caller checks the length against the
    /// schema before touching what lies behind the header, and has holes filled before writing.
    ///
    /// - Parameter writable: false changes nothing, and takes a picture of a file with holes.
    package static func open(path: String, writable: Bool) throws(TandemError) -> MappedFile {
        try opening(path) { () throws(OpenFailure) in try openChecked(path, .source, writable: writable) }
    }

    /// To look at it: that asks less of its mode.
    package static func look(path: String) throws(TandemError) -> MappedFile {
        try opening(path) { () throws(OpenFailure) in try openChecked(path, .sourceToLookAt, writable: false) }
    }

    /// Length of a file that may be a source, by its kind, owner, mode and links.
    package static func admittedByteCount(path: String) throws(TandemError) -> Int {
        try opening(path) { () throws(OpenFailure) in
            let named = try kernel { () throws(KernelFailure) in try FileStatus.named(path) }
            if let refusal = FileRules.source.refusal(of: named, at: path) { throw .refused(refusal) }
            return named.byteCount
        }
    }

    private static func opening<Value>(
        _ path: String, _ body: () throws(OpenFailure) -> Value
    ) throws(TandemError) -> Value {
        try checkPath(path)
        do throws(OpenFailure) { return try body() } catch {
            switch error {
            case .refused(let error): throw error
            case .kernel(let failure): throw failure.tandemError
            }
        }
    }

    private static func openChecked(
        _ path: String, _ rules: FileRules, writable: Bool
    ) throws(OpenFailure) -> MappedFile {
        let named = try kernel { () throws(KernelFailure) in try FileStatus.named(path) }
        if let refusal = rules.refusal(of: named, at: path) { throw .refused(refusal) }
        let fd = try kernel { () throws(KernelFailure) in try checked(file_open(path, writable ? 1 : 0), "open", path) }
        let status: FileStatus
        do throws(KernelFailure) { status = try FileStatus.of(fd, path: path) } catch {
            close(fd)
            throw .kernel(error)
        }
        // Again, of what was really opened.
        if let refusal = rules.refusal(of: status, at: path) {
            close(fd)
            throw .refused(refusal)
        }
        guard status.byteCount > 0 else {
            close(fd)
            throw .refused(
                TandemError(.wrongLength, path, "the file is empty", remedy: "Give the path of a Tandem source"))
        }
        let file = try kernel { () throws(KernelFailure) in
            try MappedFile(taking: fd, path: path, byteCount: status.byteCount, writable: writable)
        }
        if file.isStill { try kernel { () throws(KernelFailure) in try file.takePicture() } }
        return file
    }

    /// A file that another process has open, whatever has become of its name.
    package static func held(by holder: FileHolder) throws(TandemError) -> MappedFile {
        do throws(KernelFailure) {
            let fd = try checked(
                file_open_held(Int32(holder.process), holder.descriptor, 1),
                "open, by process \(holder.process),", holder.path)
            let status: FileStatus
            do throws(KernelFailure) { status = try FileStatus.of(fd, path: holder.path) } catch {
                close(fd)
                throw error
            }
            return try MappedFile(taking: fd, path: holder.path, byteCount: status.byteCount, writable: true)
        } catch { throw error.tandemError }
    }
}

extension MappedFile {
    /// Runs `body` over the first `count` bytes, and zeros for the rest, where the file has holes; over the file
    /// itself where it has none. So that a file is known to be right before its holes are filled.
    package func withHead<Value>(
        _ count: Int, _ body: (UnsafeMutableRawBufferPointer) throws(TandemError) -> Value
    ) throws(TandemError) -> Value {
        guard let head = try picture(of: count) else {
            return try body(UnsafeMutableRawBufferPointer(start: base, count: byteCount))
        }
        defer { _ = memory_unmap(head, byteCount) }
        return try body(UnsafeMutableRawBufferPointer(start: head, count: byteCount))
    }

    private func picture(of count: Int) throws(TandemError) -> UnsafeMutableRawPointer? {
        do throws(KernelFailure) {
            guard !isStill, FileRoom.fillsHolesWhenRead(fd, try FileStatus.of(fd, path: path)) else { return nil }
            var error: Int32 = 0
            guard let head = memory_still(byteCount, &error) else { throw KernelFailure("map", path, errno: error) }
            do throws(KernelFailure) { try Self.read(fd, path, 0 ..< min(count, byteCount), into: head) } catch {
                _ = memory_unmap(head, byteCount)
                throw error
            }
            return head
        } catch { throw error.tandemError }
    }

    /// Storage behind every byte, so that no write, and no look, is ever the first to need it.
    ///
    /// - Throws: `.noSpace` with what it takes and what there is.
    package func fillHoles() throws(TandemError) {
        do throws(KernelFailure) {
            try FileRoom.back(fd, try FileStatus.of(fd, path: path), path: path, isOwn: false)
        } catch { throw error.tandemError }
    }

    /// The bytes as they are now, where they are a picture.
    package func refresh() throws(TandemError) {
        guard isStill else { return }
        do throws(KernelFailure) { try takePicture() } catch { throw error.tandemError }
    }

    private func takePicture() throws(KernelFailure) {
        var at = 0
        while at < byteCount {
            var end: Int64 = 0
            let start = file_next_data(fd, Int64(at), &end)
            guard start >= 0, end > start else { return }  // nothing but a hole from here on
            try Self.read(fd, path, Int(start) ..< min(Int(end), byteCount), into: base + Int(start))
            at = Int(end)
        }
    }

    private static func read(
        _ fd: Int32, _ path: String, _ range: Range<Int>, into memory: UnsafeMutableRawPointer
    ) throws(KernelFailure) {
        var done = 0
        while done < range.count {
            let count = try checkedCall("read", path) {
                pread(fd, memory + done, range.count - done, off_t(range.lowerBound + done))
            }
            guard count > 0 else { throw KernelFailure("read", path, errno: EIO) }
            done += count
        }
    }
}
