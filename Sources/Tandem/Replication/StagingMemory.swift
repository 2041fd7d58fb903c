package import TandemCore

/// The memory that a driver's writes come from and that its reads go to: held until the driver has ended.
package final class StagingMemory {
    private let regions: [UnsafeMutableRawBufferPointer]

    package init() {
        // Aligned to a page for devices that want it, and touched, so that no poll waits for a page.
        regions = [EngineStaging.journalBytes, EngineStaging.imageBytes, EngineStaging.stateBytes].map {
            let region = UnsafeMutableRawBufferPointer.allocate(byteCount: $0, alignment: 4096)
            region.initializeMemory(as: UInt8.self, repeating: 0)
            return region
        }
    }

    deinit { for region in regions { region.deallocate() } }

    /// For a driver that registers them.
    package var all: [UnsafeMutableRawBufferPointer] { regions }

    package var staging: EngineStaging {
        EngineStaging(journal: regions[0], images: regions[1], state: regions[2])
    }
}
