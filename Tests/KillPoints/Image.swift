import Tandem
import TandemCore

/// All bytes of a source at one moment.
final class Image {
    let bytes: UnsafeMutableRawPointer
    private let memory: UnsafeMutableRawPointer
    private let count: Int

    init(of source: SourceDataFile) {
        memory = source.memory.base
        count = source.layout.tablesEnd
        bytes = .allocate(byteCount: count, alignment: 4096)
        take()
    }

    deinit { bytes.deallocate() }

    func take() { bytes.copyMemory(from: memory, byteCount: count) }
    func putBack() { memory.copyMemory(from: bytes, byteCount: count) }
}
