internal import CLinuxRing

/// The memory that writes come from, as the ring knows it.
///
/// Registered memory is looked up and pinned once instead of at every write. The kernel takes at most 1 GiB in one
/// piece, so a larger region is several; a write across two of them goes the ordinary way.
struct RingRegions {
    private struct Region {
        let start: UInt
        let end: UInt
    }

    private var regions: [Region] = []
    /// Why writes go the ordinary way; nil when the memory is registered.
    private(set) var note: String?

    private static let pieceBytes = 1 << 30

    /// Registers what the kernel allows.
    init(_ staging: [UnsafeMutableRawBufferPointer], with ring: OpaquePointer) {
        var pieces: [ring_region] = []
        for region in staging {
            guard let base = region.baseAddress else { continue }
            for offset in stride(from: 0, to: region.count, by: Self.pieceBytes) {
                pieces.append(
                    ring_region(base: base + offset, count: UInt64(min(Self.pieceBytes, region.count - offset))))
            }
        }
        if pieces.isEmpty { return }
        let answer = ring_register_buffers(ring, pieces, UInt32(pieces.count))
        guard answer >= 0 else {
            note = "buffers not registered: \(RingUnavailability.reason(-answer, for: .buffers))"
            return
        }
        regions = pieces.map {
            let start = UInt(bitPattern: $0.base)
            return Region(start: start, end: start + UInt($0.count))
        }
    }

    /// Number of the registered region that holds all of the bytes; -1 if none does.
    func index(of bytes: UnsafeRawPointer, count: Int) -> Int32 {
        let start = UInt(bitPattern: bytes)
        // A handful of regions: a walk is quicker than a search.
        for (index, region) in regions.enumerated() where start >= region.start && start < region.end {
            return UInt(count) <= region.end - start ? Int32(index) : -1
        }
        return -1
    }
}
