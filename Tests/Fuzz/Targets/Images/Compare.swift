import Glibc

/// Comparisons by the processor's widest loads: byte by byte they would be most of an input's time.
extension UnsafeRawBufferPointer {
    func isEqual(to other: UnsafeRawBufferPointer) -> Bool {
        count == other.count && (count == 0 || memcmp(baseAddress!, other.baseAddress!, count) == 0)
    }

    var isZero: Bool {
        guard count > 0 else { return true }
        return self[0] == 0 && memcmp(baseAddress!, baseAddress! + 1, count - 1) == 0
    }

    func first(_ count: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: self[..<count]) }
}

extension UnsafeMutableRawBufferPointer {
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(self) }

    func isEqual(to other: [UInt8]) -> Bool { other.withUnsafeBytes { bytes.isEqual(to: $0) } }
}
