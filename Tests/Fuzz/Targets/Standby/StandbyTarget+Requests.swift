import Glibc
import TandemCore
import TandemStandby
import TandemSystem

/// Reads, writes, zeros and flushes, as they come from a wire.
extension StandbyTarget {
    // MARK: Where

    /// A place on either side of something that begins or ends there.
    private func offset(_ link: Link) -> UInt64 {
        let places = [
            0, 4096, 8192, 12_288, CopyExaminer.headerBytes, layout.tables[0].offset, layout.tables[2].offset,
            layout.tablesEnd, link.byteCount, link.controlOffset, link.digestsOffset, link.exportBytes,
        ]
        let kind = input.byte()
        let place = UInt64(places[Int(kind >> 4) % places.count])
        switch kind & 15 {
        case 0 ... 5: return place
        case 6: return place &- UInt64(input.byte())
        case 7: return place &+ UInt64(input.byte())
        case 8: return place &+ input.half() * 16
        default: return input.value(near: place)
        }
    }

    private static let counts = [1, 8, 16, 512, 4096, 4097, 8192, 16_384, 64 << 10, (64 << 10) + 1, 96 << 10, 0]

    private func count() -> Int {
        let kind = input.byte()
        return kind < 200 ? Self.counts[Int(kind) % Self.counts.count] : Int(kind)
    }

    /// What the protocol lets through: a number that no file is as long as stays one.
    private func position(_ offset: UInt64) -> Int { Int(clamping: offset) }

    private func isOutside(_ link: Link, _ offset: Int, _ count: Int) -> Bool {
        offset > link.exportBytes || count > link.exportBytes - offset
    }

    private func isPresent(_ link: Link) -> Bool { link.session > 0 && link.session == model.holder }

    private func errno(_ body: () throws(RequestFailure) -> Void) -> Int32 {
        do throws(RequestFailure) { try body() } catch { return error.errno }
        return 0
    }

    // MARK: Changes

    /// Why a change is refused; 0: it is not.
    private func refusal(_ link: Link, _ offset: Int, _ count: Int) -> Int32 {
        if link.session == 0 { return EPERM }
        if isOutside(link, offset, count) { return EINVAL }
        if offset + count > link.byteCount { return EPERM }
        return isPresent(link) ? 0 : ESHUTDOWN
    }

    func write(_ link: Link) throws(Finding) {
        let (offset, count, byte) = (position(offset(link)), count(), input.byte())
        try write(link, [UInt8](repeating: byte, count: count), at: offset)
    }

    private func write(_ link: Link, _ bytes: [UInt8], at offset: Int) throws(Finding) {
        let known = refusal(link, offset, bytes.count)
        // Memory of just this size: who reads beyond it is found.
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
        defer { room.deallocate() }
        room.copyBytes(from: bytes)
        let answer = errno { () throws(RequestFailure) in
            try standby.write(link.connection, UnsafeRawBufferPointer(room), at: offset)
        }
        input.tell("session \(link.session) writes \(bytes.count) bytes at \(offset): \(answer)")
        if known == 0, answer == EIO { return try rereadCut(link) }
        try expect(
            answer == known, "a write of session \(link.session) at \(offset) is answered \(answer), not \(known)")
        if answer == 0, !bytes.isEmpty { store(bytes, at: offset) }
    }

    /// A copy that somebody has cut short is mapped: a write that reaches behind its end fails, and a part of it may
    /// stand before that.
    private func rereadCut(_ link: Link) throws(Finding) {
        guard let file = model.open, file.bytes.count < link.byteCount else {
            throw Finding("a write to a file that is whole fails")
        }
        let count = file.bytes.count
        var bytes = [UInt8](repeating: 0, count: count)
        let failure = bytes.withUnsafeMutableBytes { raw in
            errno { () throws(RequestFailure) in try standby.read(link.connection, into: raw, at: 0) }
        }
        try expect(failure == 0, "a file of \(count) bytes cannot be read: \(failure)")
        file.bytes = bytes
    }

    private func store(_ bytes: [UInt8], at offset: Int) {
        guard let file = model.open else { return }
        // A file that was cut short becomes longer by what is written behind its end.
        let missing = offset + bytes.count - file.bytes.count
        if missing > 0 { file.bytes += [UInt8](repeating: 0, count: missing) }
        file.bytes.replaceSubrange(offset ..< offset + bytes.count, with: bytes)
    }

    func zero(_ link: Link) throws(Finding) {
        let (offset, count) = (position(offset(link)), count())
        let known = refusal(link, offset, count)
        let answer = errno { () throws(RequestFailure) in try standby.zero(link.connection, count, at: offset) }
        input.tell("session \(link.session) zeroes \(count) bytes at \(offset): \(answer)")
        // No protocol asks for none; the kernel refuses it.
        let isRight = answer == known || known == 0 && (answer == EIO || count == 0 && answer == EINVAL)
        try expect(isRight, "zeros of session \(link.session) at \(offset) are answered \(answer), not \(known)")
        if known == 0, answer == EIO { return try rereadCut(link) }
        if answer == 0, let file = model.open, offset < file.bytes.count {
            for place in offset ..< min(offset + count, file.bytes.count) { file.bytes[place] = 0 }
        }
    }

    func flush(_ link: Link) throws(Finding) {
        let known = link.session == 0 || isPresent(link) ? 0 : ESHUTDOWN
        let answer = errno { () throws(RequestFailure) in try standby.flush(link.connection) }
        try expect(answer == known, "a flush of session \(link.session) is answered \(answer), not \(known)")
    }

    /// A header with fields changed and sealed again, or a state slot of any words.
    func writeHeader(_ link: Link) throws(Finding) {
        let kind = input.byte()
        guard kind & 3 != 0 else {
            var header = Identity.encode(layout, checksum: fuzzChecksum)
            header.withUnsafeMutableBytes { raw in
                if kind & 4 != 0 { raw.changeOne(of: IdentityPlaces.header, &input) }
                if kind & 8 == 0 { raw.sealIdentity() }
            }
            return try write(link, header, at: 0)
        }
        let ancestors = [FuzzLayout.generation, Generation(high: 7, low: 8)].prefix(Int(kind >> 4 & 3))
        var slot = StateSlot(
            sequence: (model.named?.words.slot?.sequence ?? 0) &+ 1, generation: Generation(high: 9, low: UInt64(kind)),
            lineage: Lineage(ancestors: Array(ancestors), ends: ancestors.map { _ in 1 }),
            role: kind & 3 == 1 ? .consistent : kind & 3 == 2 ? .syncing : .source)
        slot.session = input.value(near: model.highest)
        var sector = StandbyFiles.sector(slot)
        sector.withUnsafeMutableBytes { raw in
            guard kind & 0x40 != 0 else { return }
            raw.changeOne(of: StatePlaces.all, &input)
            if kind & 0x80 == 0 { raw.sealStructure(at: 0, StateSlot.byteCount) }
        }
        try write(link, sector, at: slot.offset)
    }

    // MARK: Reads

    func read(_ link: Link) throws(Finding) {
        let (offset, count) = (position(offset(link)), count())
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
        room.initializeMemory(as: UInt8.self, repeating: 0xEE)
        defer { room.deallocate() }
        let known = expectation(link, offset, count)
        let answer = errno { () throws(RequestFailure) in
            try standby.read(link.connection, into: room, at: offset)
        }
        input.tell("session \(link.session) reads \(count) bytes at \(offset): \(answer)")
        switch known {
        case .refused(let errors):
            try expect(errors.contains(answer), "a read at \(offset) is answered \(answer), not one of \(errors)")
        case .bytes(var bytes):
            try expect(answer == 0, "a read of \(count) bytes at \(offset) is answered \(answer)")
            try admitApplied(link, room, offset, &bytes)
            guard !room.isEqual(to: bytes) else { return }
            let place = zip(room, bytes).enumerated().first { $0.element.0 != $0.element.1 }!.offset
            throw Finding("byte \(offset + place) is read as \(room[place]), and is \(bytes[place])")
        }
    }

    /// How far the tables hold the journal is the standby's own matter here: whatever was written, it says something.
    private func admitApplied(
        _ link: Link, _ room: UnsafeMutableRawBufferPointer, _ offset: Int, _ bytes: inout [UInt8]
    ) throws(Finding) {
        guard link.session > 0 else { return }
        for place in link.controlOffset + 24 ..< link.controlOffset + 49 where bytes.indices.contains(place - offset) {
            let said = room[place - offset]
            switch place - link.controlOffset {
            case 24 ..< 40: bytes[place - offset] = said
            case 48: if said & 2 != 0, said < 4 { bytes[place - offset] = said }
            default: break
            }
        }
    }

    private enum Expectation {
        case bytes([UInt8])
        case refused(Set<Int32>)
    }

    private func expectation(_ link: Link, _ offset: Int, _ count: Int) -> Expectation {
        if isOutside(link, offset, count) { return .refused([EINVAL]) }
        let end = offset + count
        guard link.session > 0 else { return observed(link, offset, end) }
        let digestCount = end - max(offset, link.digestsOffset)
        if end > link.digestsOffset, digestCount > 64 << 10 { return .refused([EINVAL]) }
        guard isPresent(link), let file = model.open else { return .refused([ESHUTDOWN]) }
        var bytes: [UInt8] = []
        var digests: ModelDigests?
        if end > link.digestsOffset {
            digests = file.digests(link.byteCount)
            // A header that is cut off is an error of the file's.
            if digests == nil { return .refused([EINVAL, EIO]) }
        }
        let isAboutFile = offset < link.digestsOffset || end <= link.digestsOffset
        if isAboutFile, end > link.controlOffset, !model.isStillNamed {
            return .refused([ESTALE, EIO])
        }
        let isInFile = offset < link.byteCount && end > offset
        guard !isInFile || min(end, link.byteCount) <= file.bytes.count else { return .refused([EIO]) }
        if isInFile { bytes += file.bytes[offset ..< min(end, link.byteCount)] }
        bytes += behind(link, offset + bytes.count ..< min(end, max(offset, link.digestsOffset)))
        if let digests {
            let start = max(offset, link.digestsOffset)
            guard let words = digests.bytes(start - link.digestsOffset ..< end - link.digestsOffset) else {
                return .refused([EIO])
            }
            bytes += words
        }
        return .bytes(bytes)
    }

    /// Padding and control page.
    private func behind(_ link: Link, _ range: Range<Int>) -> ArraySlice<UInt8> {
        guard !range.isEmpty else { return [] }
        let tail = [UInt8](repeating: 0, count: link.controlOffset - link.byteCount) + control(link)
        return tail[range.lowerBound - link.byteCount ..< range.upperBound - link.byteCount]
    }

    /// The file as it stands at the path now.
    private func observed(_ link: Link, _ offset: Int, _ end: Int) -> Expectation {
        var bytes: [UInt8] = []
        if offset < link.byteCount, end > offset {
            guard let file = model.named else { return .refused([ENOENT]) }
            guard min(end, link.byteCount) <= file.bytes.count else { return .refused([EIO]) }
            bytes = Array(file.bytes[offset ..< min(end, link.byteCount)])
        }
        return .bytes(bytes + behind(link, offset + bytes.count ..< end))
    }

    /// The page behind the copy's end: magic, version, session, and whether there are digests. What it says of cuts
    /// that were applied is looked at apart.
    private func control(_ link: Link) -> [UInt8] {
        var page = [UInt8](repeating: 0, count: 4096)
        page.replaceSubrange(0 ..< 8, with: "TANDEMSB".utf8)
        page[8] = 1
        for place in 0 ..< 8 { page[16 + place] = UInt8(truncatingIfNeeded: link.session >> UInt64(place * 8)) }
        page[48] = link.session > 0 ? 2 : 0
        return page
    }
}
