public import CTandem
internal import Tandem
internal import TandemTypes

@c @implementation
public func tandem_get_status(_ source: OpaquePointer!, _ status: UnsafeMutablePointer<tandem_status>!) -> Int32 {
    guard let handle = SourceHandle.at(source), let out = status as UnsafeMutablePointer<tandem_status>? else {
        return Failure.missing(source == nil ? "source" : "status")
    }
    return answer(out, "status") { tandem_status(SourceStatus.read(from: handle.pointee.source)) }
}

extension tandem_status {
    fileprivate init(_ known: SourceStatus) {
        self.init()
        copy_state = UInt32(known.copyState.rawValue)
        is_replicator_alive = known.isReplicatorAlive ? 1 : 0
        is_superseded = known.isSuperseded ? 1 : 0
        writers = UInt32(clamping: known.writers.count { $0.isAlive })
        epoch = known.epoch
        cut = known.cut
        age_nanoseconds = known.ageMicroseconds.map { Int64($0 * 1000) } ?? -1
        dirty_pages = UInt64(known.dirtyPages)
        pages = UInt64(known.pageCount)
        withUnsafeMutableBytes(of: &copy_path) { $0.fill(with: known.copyPath) }
        withUnsafeMutableBytes(of: &reason) { $0.fill(with: known.reason) }
    }
}

extension UnsafeMutableRawBufferPointer {
    /// As a C string; what is too long ends before the last whole character that fits.
    fileprivate func fill(with text: String) {
        var end = 0
        for character in text.unicodeScalars {
            let bytes = UTF8.encode(character)!
            guard end + bytes.count < count else { break }
            for byte in bytes {
                self[end] = byte
                end += 1
            }
        }
        self[end] = 0
    }
}
