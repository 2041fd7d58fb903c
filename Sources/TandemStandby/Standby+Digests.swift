import Synchronization
import TandemCore
import TandemSystem
import TandemTypes

/// Digests of the copy's pages, worked out where its bytes are: what a page holds goes over the network as 8 bytes.
extension Standby {
    /// The most that one request may ask for: 32 MiB of pages are read for it, while no session can be opened.
    static let digestBytesMax = 64 << 10

    /// - Parameter offset: from the first page's digest on; anything may be asked for.
    func readDigests(
        _ connection: StandbyConnection, into destination: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(RequestFailure) {
        guard destination.count <= Self.digestBytesMax else { throw .outside }
        // No order: a look that goes by an older one is short.
        digestsAskedAt.store(MonotonicClock.now(), ordering: .relaxed)
        try perform(connection) { file throws(RequestFailure) in
            try PageDigest.serve(
                into: destination, at: offset, of: try layout(of: file), checksum: LinuxChecksum.crc32c
            ) { room, place, body throws(RequestFailure) in
                if try arrivals.look(at: place ..< place + room.count, body) { return }
                try read(file, into: room, at: place)
                body(room.baseAddress!)
            }
        }
    }

    /// What the copy says of itself; nothing can be said of the pages of what is none.
    private func layout(of file: StandbyFile) throws(RequestFailure) -> FileLayout {
        var header = [UInt8](repeating: 0, count: CopyExaminer.headerBytes)
        try header.withMutableBytes { raw throws(RequestFailure) in
            try io { () throws(KernelFailure) in try file.read(into: raw, at: 0) }
        }
        let found = try? header.withBytes { raw throws(TandemError) in
            try Identity.decode(raw, path: path, checksum: LinuxChecksum.crc32c)
        }
        guard let found, found.tablesEnd <= file.byteCount else { throw .outside }
        return found
    }
}
