/// Comparisons of bytes by words, without an end before the last: so they are done by the processor's widest
/// instructions. Byte by byte they would be most of what it takes to examine a file.
extension UnsafeRawBufferPointer {
    var isZero: Bool {
        var seen: UInt64 = 0
        var offset = 0
        while offset < wordBytes {
            seen |= loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            offset &+= 8
        }
        return seen == 0 && self[wordBytes...].allSatisfy { $0 == 0 }
    }

    func isEqual(to other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        var different: UInt64 = 0
        var offset = 0
        while offset < wordBytes {
            different |=
                loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                ^ other.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            offset &+= 8
        }
        return different == 0 && self[wordBytes...].elementsEqual(other[wordBytes...])
    }

    /// Whether every byte is that of `whole` or has not been written yet.
    func isPart(of whole: UnsafeRawBufferPointer) -> Bool {
        guard count == whole.count else { return false }
        func isPart(_ bytes: Range<Int>) -> Bool { bytes.allSatisfy { self[$0] == 0 || self[$0] == whole[$0] } }
        var offset = 0
        while offset < wordBytes {
            let word = loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            if word != 0, word != whole.loadUnaligned(fromByteOffset: offset, as: UInt64.self) {
                guard isPart(offset ..< offset + 8) else { return false }
            }
            offset &+= 8
        }
        return isPart(wordBytes ..< count)
    }

    private var wordBytes: Int { count & ~7 }
}
