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

    /// Where the value of a record begins.
    func payload(of place: Place, _ table: TableLayout) -> UnsafeMutableRawPointer {
        bytes + table.offset + table.slotOffset(of: place.index, page: table.page(of: place.index)) + 16
    }

    func take() { bytes.copyMemory(from: memory, byteCount: count) }
    func putBack() { memory.copyMemory(from: bytes, byteCount: count) }
}
