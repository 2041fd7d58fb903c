import Glibc
import TandemCore

/// A file as it must be.
final class ModelFile {
    var bytes: [UInt8]
    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// What its first bytes say: the newest slot, and the highest session that one of the two names.
    var words: (slot: StateSlot?, session: UInt64) {
        guard bytes.count >= CopyExaminer.headerBytes, bytes.starts(with: "TANDEM01".utf8) else { return (nil, 0) }
        return bytes.withUnsafeBytes { raw in
            let slots = StateSlot.offsets.compactMap {
                StateSlot.decode(raw.baseAddress! + $0, checksum: fuzzChecksum)
            }
            let sessions = slots.map(\.session).filter(StandbyModel.sessions.contains)
            return (slots.max { $0.sequence < $1.sequence }, sessions.max() ?? 0)
        }
    }

    /// What the pages of a file that may be read up to `limit` say of themselves; nil of what is no copy.
    func digests(_ limit: Int) -> ModelDigests? {
        guard bytes.count >= CopyExaminer.headerBytes else { return nil }
        let layout = bytes.withUnsafeBytes { try? Identity.decode($0, path: "", checksum: fuzzChecksum) }
        guard let layout, layout.tablesEnd <= limit else { return nil }
        return ModelDigests(file: self, layout: layout)
    }
}

/// A copy's digests, one by one.
struct ModelDigests {
    let file: ModelFile
    let layout: FileLayout

    /// Some bytes, from the first digest's beginning on; nil where a page is not in the file any more.
    func bytes(_ range: Range<Int>) -> [UInt8]? {
        var words = [UInt8](repeating: 0, count: range.count)
        let numbers = range.lowerBound / 8 ..< (range.upperBound + 7) / 8
        for table in layout.tables {
            for number in numbers.clamped(to: table.firstPage ..< table.firstPage + table.pageCount) {
                guard let digest = digest(of: table, number - table.firstPage) else { return nil }
                for place in 0 ..< 8 where range.contains(number * 8 + place) {
                    words[number * 8 + place - range.lowerBound] = UInt8(
                        truncatingIfNeeded: digest >> UInt64(place * 8))
                }
            }
        }
        return words
    }

    private func digest(of table: TableLayout, _ page: Int) -> UInt64? {
        let start = table.offset + page * table.pageBytes
        guard start + table.pageBytes <= file.bytes.count else { return nil }
        return file.bytes.withUnsafeBytes {
            PageDigest.ofSealed(table, page: page, at: $0.baseAddress! + start, checksum: fuzzChecksum)
        }
    }
}

/// Who may write, by the rules of docs/internals/fence.md.
struct StandbyModel {
    /// What stands at the path.
    var named: ModelFile?
    /// What the standby has open and locked, while a session is there.
    var open: ModelFile?
    /// The session that is performed, 0: none, and the length that it was opened with.
    var holder: UInt64 = 0
    var holderBytes = 0
    var highest: UInt64 = 0
    /// Promotions at work.
    var promotions = 0
    var isPromoted: Bool { promoted != nil }
    /// The source that the copy was promoted to be.
    var promoted: Generation?

    static let sessions: ClosedRange<UInt64> = 1 ... 1 << 48
    static let byteCounts = 20_480 ... 1 << 47

    /// A server that has just begun.
    init(_ named: ModelFile?) {
        self.named = named
        learn()
        lookForSource()
    }

    private mutating func lookForSource() {
        if let slot = named?.words.slot, slot.role == .source { promoted = slot.generation }
    }

    private mutating func learn() {
        highest = max(highest, named?.words.session ?? 0)
    }

    var present: UInt64 { isPromoted || promotions > 0 ? .max : highest }
    var state: String { isPromoted ? "promoted" : promotions > 0 ? "promoting" : holder > 0 ? "held" : "free" }

    var isStillNamed: Bool { open != nil && open === named && open?.bytes.count == holderBytes }

    mutating func giveUp() { (holder, holderBytes, open) = (0, 0, nil) }

    /// What an opening may come to: nil for done, codes of a refusal.
    ///
    /// Changes what an opening changes, whether it is refused or not; of a done one the rest is `taken`.
    mutating func opening(
        _ session: UInt64, _ generation: Generation, _ byteCount: Int
    ) -> Set<TandemError.Code?> {
        // That very source was made a copy again.
        if promotions == 0, let slot = named?.words.slot, slot.role != .source, slot.generation == promoted {
            promoted = nil
        }
        if isPromoted { return [.superseded] }
        if promotions > 0 { return [.inUse] }
        learn()
        guard session > highest else { return [.inUse] }
        if open != nil, !isStillNamed { giveUp() }
        if open != nil, holderBytes != byteCount { return [.wrongLength] }
        if open == nil {
            // More than any memory has.
            guard byteCount < 1 << 40 else {
                return named == nil ? [.noSpace] : [.wrongLength, .noSpace]
            }
            guard let named else { return [nil] }
            if named.bytes.count != byteCount {
                // What was never written may have any length; whether it was nobody sees in a file of zeros.
                return named.bytes.allSatisfy { $0 == 0 } ? [nil, .wrongLength] : [.wrongLength]
            }
        }
        guard let slot = named?.words.slot else { return [nil] }
        if slot.role == .source {
            giveUp()
            promoted = slot.generation
            return [.superseded]
        }
        return slot.ancestors.contains(generation) ? [.superseded] : [nil]
    }

    mutating func taken(_ session: UInt64, _ byteCount: Int) {
        if named?.bytes.count != byteCount { named = ModelFile([UInt8](repeating: 0, count: byteCount)) }
        (holder, holderBytes, highest, open) = (session, byteCount, session, named)
    }

    mutating func end(_ session: UInt64) { if session > 0, session == holder { giveUp() } }

    mutating func raise() {
        giveUp()
        promotions += 1
    }

    mutating func lower() {
        promotions -= 1
        lookForSource()
    }
}
