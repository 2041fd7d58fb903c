import Glibc
import TandemCore
import TandemSystem

/// Why a request was not performed, as its client hears of it.
package struct RequestFailure: Error, Equatable {
    package let errno: Int32

    /// A newer session was opened, or a promotion has begun.
    static let fenced = RequestFailure(errno: ESHUTDOWN)
    /// Past the export's end, or to where nobody writes.
    static let outside = RequestFailure(errno: EINVAL)
    static let readOnly = RequestFailure(errno: EPERM)

    init(errno: Int32) { self.errno = errno }
    init(_ failure: CopyFailure) { self.init(errno: failure.errno == 0 ? EIO : failure.errno) }
}

extension Standby {
    /// The file's bytes, the padding behind them as zeros, and the control page.
    package func read(
        _ connection: StandbyConnection, into destination: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(RequestFailure) {
        let end = try checkedEnd(connection, offset, destination.count, connection.exportBytes)
        let digests = connection.digestsOffset
        if end > digests {
            let before = max(0, digests - offset)
            try readDigests(
                connection, into: UnsafeMutableRawBufferPointer(rebasing: destination[before...]),
                at: offset + before - digests)
            guard before > 0 else { return }
            let rest = UnsafeMutableRawBufferPointer(rebasing: destination[..<before])
            return try read(connection, into: rest, at: offset)
        }
        let fileEnd = min(max(connection.byteCount, offset), end)
        let inFile = UnsafeMutableRawBufferPointer(rebasing: destination[..<(fileEnd - offset)])
        let behind = UnsafeMutableRawBufferPointer(rebasing: destination[(fileEnd - offset)...])
        if case .observer = connection.role {
            try observe(inFile, at: offset)
            return fill(behind, from: fileEnd, connection, nil)
        }
        try perform(connection) { file throws(RequestFailure) in
            try read(file, into: inFile, at: offset)
            // Whoever asks for the control page asks how things are. The kernel does not tell of a file that was
            // deleted, replaced or cut short: what is written to it seems to arrive.
            if end > connection.controlOffset, !file.isStillNamed { throw RequestFailure(errno: ESTALE) }
            fill(behind, from: fileEnd, connection, arrivals)
        }
    }

    package func write(
        _ connection: StandbyConnection, _ source: UnsafeRawBufferPointer, at offset: Int
    ) throws(RequestFailure) {
        try checkWritable(connection, offset, source.count)
        try perform(connection) { file throws(RequestFailure) in
            if try !arrivals.write(source, at: offset) {
                try io { () throws(KernelFailure) in try file.write(source, at: offset) }
            }
            if StateSlot.offsets.contains(offset) { noteSlot(of: file) }
        }
    }

    /// A state slot was written: does it say that the primary stands still?
    private func noteSlot(of file: StandbyFile) {
        guard let slot = try? CopyWords(of: file).slot, slot.isHandedOver else { return }
        tell(.handedOver(cut: slot.cut))
    }

    package func zero(_ connection: StandbyConnection, _ count: Int, at offset: Int) throws(RequestFailure) {
        try checkWritable(connection, offset, count)
        try perform(connection) { file throws(RequestFailure) in
            if try arrivals.zero(count, at: offset) { return }
            try io { () throws(KernelFailure) in try file.zero(count, at: offset) }
        }
    }

    package func flush(_ connection: StandbyConnection) throws(RequestFailure) {
        guard connection.isWritable else { return }
        try perform(connection) { file throws(RequestFailure) in
            try io { () throws(KernelFailure) in try file.flush() }
        }
    }

    /// Reads what no cut is being applied to meanwhile.
    func read(
        _ file: StandbyFile, into destination: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(RequestFailure) {
        try arrivals.still { () throws(RequestFailure) in
            try io { () throws(KernelFailure) in try file.read(into: destination, at: offset) }
        }
    }

    /// Runs `body` if the connection's session is the present one, and then to its end: no newer session is opened
    /// meanwhile.
    func perform(
        _ connection: StandbyConnection, _ body: (StandbyFile) throws(RequestFailure) -> Void
    ) throws(RequestFailure) {
        try lock.shared { () throws(RequestFailure) in
            guard fence.admits(connection.session), let file else { throw .fenced }
            try body(file)
        }
    }

    func io(_ body: () throws(KernelFailure) -> Void) throws(RequestFailure) {
        do throws(KernelFailure) { try body() } catch { throw RequestFailure(errno: error.errno) }
    }

    /// Without the fence's lock: who only looks waits for nobody, and nobody for it.
    private func observe(_ destination: UnsafeMutableRawBufferPointer, at offset: Int) throws(RequestFailure) {
        guard destination.count > 0 else { return }
        guard let bytes = try? FileBytes(path: path, writable: false) else { throw RequestFailure(errno: ENOENT) }
        do throws(CopyFailure) { try bytes.read(into: destination, at: offset) } catch {
            throw RequestFailure(error)
        }
    }

    /// What lies behind the file's end.
    private func fill(
        _ destination: UnsafeMutableRawBufferPointer, from start: Int, _ connection: StandbyConnection,
        _ arrivals: StandbyArrivals?
    ) {
        guard !destination.isEmpty else { return }
        let tail =
            [UInt8](repeating: 0, count: connection.controlOffset - connection.byteCount)
            + connection.controlPage(arrivals).bytes
        tail.withUnsafeBytes { raw in
            let first = start - connection.byteCount
            destination.copyMemory(from: UnsafeRawBufferPointer(rebasing: raw[first ..< first + destination.count]))
        }
    }

    private func checkWritable(_ connection: StandbyConnection, _ offset: Int, _ count: Int) throws(RequestFailure) {
        guard connection.isWritable else { throw .readOnly }
        let end = try checkedEnd(connection, offset, count, connection.exportBytes)
        guard end <= connection.byteCount else { throw .readOnly }
    }

    private func checkedEnd(
        _ connection: StandbyConnection, _ offset: Int, _ count: Int, _ limit: Int
    ) throws(RequestFailure) -> Int {
        guard offset >= 0, count >= 0, offset <= limit, count <= limit - offset else { throw .outside }
        return offset + count
    }
}
