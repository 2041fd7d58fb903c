internal import CTandemLayout

/// What a file says of itself: whose life it belongs to, what it may be used for, and where its journal starts.
/// Two slots, written alternately, each one sector, so that a torn write leaves the other.
package struct StateSlot: Sendable, Equatable {
    package enum Role: UInt32, Sendable {
        case source = 1
        /// A copy whose tables are being brought together; not promotable.
        case syncing = 2
        /// A copy that is some cut, whole.
        case consistent = 3
    }

    package var sequence: UInt64
    package var generation: Generation
    package var lineage: Lineage
    package var role: Role
    package var journalTail: UInt64
    package var tailCut: UInt64
    package var cut: UInt64
    package var wallNanoseconds: UInt64
    /// The last connection to a standby over which the copy was written; 0 where it is kept in another way.
    package var session: UInt64
    /// Which copy it is. A source is none.
    package var copy: CopyID
    /// Its source stands still behind this cut, and has nothing that the copy lacks, until it is promoted.
    package var isHandedOver = false

    package static let byteCount = Int(TANDEM_STATE_BYTES)
    /// How a slot begins.
    static let magic = withUnsafeBytes(of: TANDEM_STATE_MAGIC.littleEndian) { Array($0) }
    /// A thousand years of cuts, one a microsecond: more is a forgery, and E would wrap behind it.
    package static let cutMax: UInt64 = 1 << 55 - 1
    /// Where each slot starts, and how many bytes are written for it: a whole page, as some devices have 4 KiB sectors.
    package static let offsets = [Int(TANDEM_STATE_A_OFFSET), Int(TANDEM_STATE_B_OFFSET)]

    package init(
        sequence: UInt64, generation: Generation, lineage: Lineage = Lineage(), role: Role, journalTail: UInt64 = 0,
        tailCut: UInt64 = 0, cut: UInt64 = 0, wallNanoseconds: UInt64 = 0, session: UInt64 = 0, copy: CopyID = .none
    ) {
        self.sequence = sequence
        self.generation = generation
        self.lineage = lineage
        self.role = role
        self.journalTail = journalTail
        self.tailCut = tailCut
        self.cut = cut
        self.wallNanoseconds = wallNanoseconds
        self.session = session
        self.copy = copy
    }

    /// Earlier generations of this line, newest first, at most 8.
    package var ancestors: [Generation] { lineage.ancestors }

    /// Whose it is. A source says of itself at which cut it took over, which its lineage need not.
    package var life: Life {
        guard role == .source, lineage.ends.first == 0 else { return Life(generation, lineage) }
        return Life(
            generation,
            Lineage(
                ancestors: ancestors, ends: [cut] + lineage.ends.dropFirst(), first: lineage.first,
                promotions: lineage.promotions))
    }

    /// Where the slot with this sequence number goes: even to A, odd to B.
    package var offset: Int { Self.offsets[Int(sequence & 1)] }

    package func encode(into bytes: UnsafeMutableRawPointer, checksum: Checksum) {
        var state = tandem_state()
        state.magic = TANDEM_STATE_MAGIC
        state.sequence = sequence
        state.generation = (generation.high, generation.low)
        state.role = role.rawValue
        state.ancestor_count = UInt32(ancestors.count)
        state.journal_tail = journalTail
        state.tail_cut = tailCut
        state.cut = cut
        state.wall_nanoseconds = wallNanoseconds
        withUnsafeMutableBytes(of: &state.ancestors) { raw in
            for (position, ancestor) in ancestors.enumerated() {
                raw.storeBytes(of: ancestor.high, toByteOffset: position * 16, as: UInt64.self)
                raw.storeBytes(of: ancestor.low, toByteOffset: position * 16 + 8, as: UInt64.self)
            }
        }
        withUnsafeMutableBytes(of: &state.ends) { raw in
            for (position, end) in lineage.ends.enumerated() {
                raw.storeBytes(of: end, toByteOffset: position * 8, as: UInt64.self)
            }
        }
        if let first = lineage.first { state.first = (first.high, first.low) }
        state.promotions = lineage.promotions
        state.session.0 = session
        state.handed_over = isHandedOver ? 1 : 0
        state.copy = (copy.high, copy.low)
        state.checksum = withUnsafeBytes(of: &state) { checksum($0) }
        withUnsafeBytes(of: &state) { bytes.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
    }

    /// The slot in `bytes`, or nil if they are not a whole, valid one.
    package static func decode(_ bytes: UnsafeRawPointer, checksum: Checksum) -> StateSlot? {
        var state = tandem_state()
        withUnsafeMutableBytes(of: &state) {
            $0.copyMemory(from: UnsafeRawBufferPointer(start: bytes, count: byteCount))
        }
        let expected = state.checksum
        state.checksum = 0
        guard state.magic == TANDEM_STATE_MAGIC, withUnsafeBytes(of: &state, { checksum($0) }) == expected,
            let role = Role(rawValue: state.role), state.ancestor_count <= UInt32(TANDEM_ANCESTORS_MAX),
            state.cut <= cutMax, state.tail_cut <= cutMax
        else { return nil }
        let ancestors = withUnsafeBytes(of: &state.ancestors) { raw in
            (0 ..< Int(state.ancestor_count)).map {
                Generation(
                    high: raw.load(fromByteOffset: $0 * 16, as: UInt64.self),
                    low: raw.load(fromByteOffset: $0 * 16 + 8, as: UInt64.self))
            }
        }
        let ends = withUnsafeBytes(of: &state.ends) { raw in
            (0 ..< ancestors.count).map { raw.load(fromByteOffset: $0 * 8, as: UInt64.self) }
        }
        let lineage = Lineage(
            ancestors: ancestors, ends: ends,
            first: state.first == (0, 0) ? nil : Generation(high: state.first.0, low: state.first.1),
            promotions: state.promotions)
        var slot = StateSlot(
            sequence: state.sequence, generation: Generation(high: state.generation.0, low: state.generation.1),
            lineage: lineage, role: role, journalTail: state.journal_tail, tailCut: state.tail_cut, cut: state.cut,
            wallNanoseconds: state.wall_nanoseconds, session: state.session.0,
            copy: CopyID(high: state.copy.0, low: state.copy.1))
        slot.isHandedOver = state.handed_over == 1 && role == .consistent
        return slot
    }

    /// The newest valid one of the two slots; nil when both are damaged or were never written.
    ///
    /// - Parameter header: the first 16 KiB of the file.
    package static func newest(in header: UnsafeRawPointer, checksum: Checksum) -> StateSlot? {
        offsets.compactMap { decode(header + $0, checksum: checksum) }.max { $0.sequence < $1.sequence }
    }

    package static func newest(in header: [UInt8], checksum: Checksum) -> StateSlot? {
        header.withUnsafeBytes { newest(in: $0.baseAddress!, checksum: checksum) }
    }
}
