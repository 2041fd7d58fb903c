internal import TandemCore

/// What was read ahead of an export: examining a copy asks for its journal a header and a record at a time, and each
/// would be a way to the server and back.
struct NBDWindow {
    private static let bytes = 1 << 20
    private static let pageBytes = FileLayout.pageBytes

    private var room: [UInt8] = []
    private var range = 0 ..< 0

    mutating func clear() { range = 0 ..< 0 }

    /// - Parameter fill: reads whole pages.
    mutating func read(
        into destination: UnsafeMutableRawBufferPointer, at offset: Int, of end: Int,
        _ fill: (UnsafeMutableRawBufferPointer, Int) throws(CopyFailure) -> Void
    ) throws(CopyFailure) {
        var done = 0
        while done < destination.count {
            let start = offset + done
            if !range.contains(start) { try move(to: start, count: destination.count - done, end, fill) }
            let part = min(destination.count - done, range.upperBound - start)
            room.withUnsafeBytes { bytes in
                UnsafeMutableRawBufferPointer(rebasing: destination[done ..< done + part])
                    .copyMemory(
                        from: UnsafeRawBufferPointer(rebasing: bytes[(start - range.lowerBound)...].prefix(part)))
            }
            done += part
        }
    }

    /// Ahead only of who reads on where the last one ended: most looks at a blank export are a page each, far apart.
    private mutating func move(
        to offset: Int, count: Int, _ end: Int,
        _ fill: (UnsafeMutableRawBufferPointer, Int) throws(CopyFailure) -> Void
    ) throws(CopyFailure) {
        let start = offset & ~(Self.pageBytes - 1)
        let goesOn = range.upperBound == start && !range.isEmpty
        let wanted = (offset + count + Self.pageBytes - 1) & ~(Self.pageBytes - 1)
        let stop = min(end, max(goesOn ? start + Self.bytes : wanted, min(wanted, start + Self.bytes)))
        clear()
        let bytes = stop - start
        if room.count < bytes { room = [UInt8](repeating: 0, count: bytes) }
        try room.withMutableBytes { raw throws(CopyFailure) in
            try fill(UnsafeMutableRawBufferPointer(rebasing: raw[..<bytes]), start)
        }
        range = start ..< stop
    }
}
