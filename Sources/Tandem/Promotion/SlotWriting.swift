internal import TandemCore
internal import TandemSystem

extension FileBytes {
    /// Writes a state slot where it belongs, and has it last: the commit point of a promotion, and of a demotion.
    func writeDurably(_ slot: StateSlot) throws(CopyFailure) {
        var page = [UInt8](repeating: 0, count: FileLayout.pageBytes)
        page.withUnsafeMutableBytes { slot.encode(into: $0.baseAddress!, checksum: LinuxChecksum.crc32c) }
        try page.withBytes { raw throws(CopyFailure) in try writeDurably(raw, at: slot.offset) }
    }
}
