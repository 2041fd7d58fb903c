public import CTandem
internal import Tandem
internal import TandemTypes

@c @implementation
public func tandem_get_status(_ source: OpaquePointer!, _ status: UnsafeMutablePointer<tandem_status>!) -> Int32 {
    guard let handle = SourceHandle.at(source), let out = status as UnsafeMutablePointer<tandem_status>? else {
        return Failure.missing(source == nil ? "source" : "status")
    }
    let room = out.pointee.size
    guard (MemoryLayout<Int>.size ... 1 << 20).contains(room) else {
        return Failure.answer(
            TANDEM_BAD_ARGUMENT, "status: its size is \(room). Set it to sizeof(struct tandem_status).")
    }
    let known = SourceStatus.read(from: handle.pointee.source)
    var answer = tandem_status()
    answer.size = room
    answer.copy_state = UInt32(known.copyState.rawValue)
    answer.is_replicator_alive = known.isReplicatorAlive ? 1 : 0
    answer.is_superseded = known.isSuperseded ? 1 : 0
    answer.writers = UInt32(clamping: known.writers.count { $0.isAlive })
    answer.epoch = known.epoch
    answer.cut = known.cut
    answer.age_nanoseconds = known.ageMicroseconds.map { Int64($0 * 1000) } ?? -1
    answer.dirty_pages = UInt64(known.dirtyPages)
    answer.pages = UInt64(known.pageCount)
    withUnsafeMutableBytes(of: &answer.copy_path) { $0.fill(with: known.copyPath) }
    withUnsafeMutableBytes(of: &answer.reason) { $0.fill(with: known.reason) }
    // A caller that knows fewer fields has no room for the others.
    withUnsafeBytes(of: &answer) {
        UnsafeMutableRawPointer(out).copyMemory(
            from: $0.baseAddress!, byteCount: min(room, MemoryLayout<tandem_status>.size))
    }
    return 0
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
