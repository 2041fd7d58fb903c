import CTandemLayout
import Tandem
import TandemCore
import TandemSystem
import TestSupport

/// Files with valid checksums over wrong contents: what an attacker makes, not what a disk does.
extension Scratch {
    /// Changes the header and signs it.
    func forgeHeader(_ name: String, _ change: (inout tandem_identity) -> Void) {
        var identity = read(name, count: Identity.byteCount).withUnsafeBytes { $0.load(as: tandem_identity.self) }
        change(&identity)
        identity.checksum = 0
        identity.checksum = withUnsafeBytes(of: &identity) { LinuxChecksum.crc32c($0) }
        patch(name, at: 0, withUnsafeBytes(of: &identity) { Array($0) })
    }

    /// The header of another layout over this file.
    func forgeHeader(_ name: String, of layout: FileLayout) {
        patch(name, at: 0, Identity.encode(layout, checksum: LinuxChecksum.crc32c))
    }

    func slot(of name: String) -> StateSlot {
        read(name, count: 16_384).withUnsafeBytes {
            StateSlot.newest(in: $0.baseAddress!, checksum: LinuxChecksum.crc32c)!
        }
    }

    /// Changes the newest state slot and signs it.
    func forgeSlot(_ name: String, _ change: (inout StateSlot) -> Void) {
        var slot = slot(of: name)
        change(&slot)
        var page = [UInt8](repeating: 0, count: StateSlot.byteCount)
        page.withUnsafeMutableBytes { slot.encode(into: $0.baseAddress!, checksum: LinuxChecksum.crc32c) }
        patch(name, at: slot.offset, page)
    }

    /// Where the newest of the two state slots stands, and the other.
    func slotOffsets(of name: String) -> (newest: Int, other: Int) {
        let newest = slot(of: name).offset
        return (newest, StateSlot.offsets.first { $0 != newest }!)
    }
}

/// The layout of the station's files.
enum StationLayout {
    static let layout = try! FileLayout(
        tables: Exchange.tables, writerCount: Exchange.options.writers, undoBytes: Exchange.options.undoBytes,
        undoSegmentBytes: Exchange.options.undoSegmentBytes, journalBytes: Exchange.options.journalBytes)

    static func offset(ofCall index: Int) -> Int { offset(of: index, in: 0) }

    static func offset(of index: Int, in table: Int) -> Int {
        let table = layout.tables[table]
        return table.offset + table.slotOffset(of: index, page: table.page(of: index))
    }
}

extension Scratch {
    /// The slot promises every cut that the journal holds; returns the journal's records.
    @discardableResult
    func promiseJournal(_ name: String) -> [(offset: Int, header: tandem_cut)] {
        let found = journal(of: name)
        forgeSlot(name) { $0.cut = found[found.count - 1].header.cut }
        return found
    }

    /// The journal's records as (offset, header).
    func journal(of name: String) -> [(offset: Int, header: tandem_cut)] {
        let layout = StationLayout.layout
        let slot = slot(of: name)
        var found: [(offset: Int, header: tandem_cut)] = []
        var position = slot.journalTail
        var previous = slot.tailCut
        while true {
            let offset = layout.journalOffset + Int(position % UInt64(layout.journalBytes))
            let header = read(name, count: MemoryLayout<tandem_cut>.size, at: offset).withUnsafeBytes {
                $0.load(as: tandem_cut.self)
            }
            guard header.magic == TANDEM_CUT_MAGIC, header.previous == previous, header.position == position else {
                break
            }
            found.append((offset, header))
            previous = header.cut
            position += header.bytes
        }
        precondition(found.count >= 3, "the station's journal holds \(found.count) cuts")
        return found
    }

    /// Changes the body of a journal record, and signs it.
    func forgeCut(
        _ name: String, _ cut: (offset: Int, header: tandem_cut),
        _ change: (inout tandem_cut, UnsafeMutableRawPointer) -> Void
    ) {
        var record = read(name, count: Int(cut.header.bytes), at: cut.offset)
        var header = cut.header
        let size = MemoryLayout<tandem_cut>.size
        record.withUnsafeMutableBytes { raw in
            change(&header, raw.baseAddress! + size)
            let used = min(Int(clamping: header.used), raw.count - size)
            header.body_checksum = LinuxChecksum.crc32c(UnsafeRawBufferPointer(rebasing: raw[size ..< size + used]))
            header.checksum = 0
            header.checksum = withUnsafeBytes(of: &header) { LinuxChecksum.crc32c($0) }
            withUnsafeBytes(of: &header) { raw.baseAddress!.copyMemory(from: $0.baseAddress!, byteCount: size) }
        }
        patch(name, at: cut.offset, record)
    }
}
