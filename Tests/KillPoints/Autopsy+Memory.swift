import Glibc
import Tandem
import TandemCore

extension Autopsy {
    /// Every word of shared memory that recovery is responsible for.
    func expectRecovered(to stage: Int) throws {
        guard stand.victimState == .idle else { throw Violation("the slot is not idle: \(stand.victimState)") }
        for table in stand.source.layout.tables {
            for index in 0 ..< table.capacity {
                let place = Place(table: table.number, index: index)
                let offset = offset(of: place)
                if scenario.changes.contains(place) {
                    try expectRecovered(
                        place, table, stand.source.memory.base + offset, stand.marked.bytes + offset, stage)
                } else if memcmp(stand.source.memory.base + offset, stand.marked.bytes + offset, table.slotBytes) != 0 {
                    throw Violation("\(place), which nobody changed, is not what it was")
                }
            }
        }
        try expectCutIntact(recovered: true)
    }

    private func expectRecovered(
        _ place: Place, _ table: TableLayout, _ slot: UnsafeMutableRawPointer, _ marked: UnsafeMutableRawPointer,
        _ stage: Int
    ) throws {
        let payload = UnsafeRawBufferPointer(start: slot + 16, count: table.payloadBytes)
        guard slot.load(as: UInt64.self) & 0xFFFF == 0 else { throw Violation("\(place) is still locked") }
        guard self.stage(of: place, payload) == stage else {
            throw Violation("\(place) is at stage \(self.stage(of: place, payload) ?? -1), readers saw \(stage)")
        }
        let epoch = slot.load(fromByteOffset: 8, as: UInt64.self)
        let expected = stage == 0 ? marked.load(fromByteOffset: 8, as: UInt64.self) : stand.area.epoch.load()
        guard epoch == expected else { throw Violation("\(place) has epoch \(epoch), not \(expected)") }
        guard memcmp(slot + 8, marked + 8, 8 + table.payloadBytes) != 0 else { return }
        let page = table.firstPage + table.page(of: place.index)
        let runtime = stand.source.layout.runtime
        guard isSet(page, runtime.dirty), isSet(page / 64, runtime.dirtySummary) else {
            throw Violation("\(place) has changed, and its page is not dirty")
        }
        guard stand.source.memory.dirty.changes.names(page, slotOffset: offset(of: place) - table.offset) else {
            throw Violation("\(place) has changed, and is not named in the map")
        }
    }

    /// While a capture runs: its cut has the records as they were when it began, unless a writer has abandoned it.
    func expectCutIntact(recovered: Bool) throws {
        guard let cut = stand.runningCut, stand.area.abandoned.load() != cut else { return }
        stand.reader.open(cut: cut)
        for place in scenario.changes {
            let table = stand.source.layout.tables[place.table]
            try withUnsafeTemporaryAllocation(byteCount: table.payloadBytes, alignment: 16) { room in
                let header = RecordHeader(base: stand.source.memory.base + offset(of: place))
                switch stand.reader.read(table, place.index, header, into: room.baseAddress!) {
                case .value:
                    let stage = self.stage(of: place, UnsafeRawBufferPointer(room))
                    guard stage == 0 else { throw Violation("cut \(cut) would get stage \(stage ?? -1) of \(place)") }
                case .inDoubt where !recovered && stand.victimState == .committing: return
                case let outcome: throw Violation("cut \(cut) would not get \(place): \(outcome)")
                }
            }
        }
    }

    private func isSet(_ bit: Int, _ bitmap: Int) -> Bool {
        (stand.source.memory.base + bitmap).load(fromByteOffset: bit / 64 * 8, as: UInt64.self) & 1 << UInt64(bit % 64)
            != 0
    }

    private func offset(of place: Place) -> Int {
        let table = stand.source.layout.tables[place.table]
        return table.offset + table.slotOffset(of: place.index, page: table.page(of: place.index))
    }
}
