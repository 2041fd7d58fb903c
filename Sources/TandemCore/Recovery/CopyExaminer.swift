/// Says what a file at the copy's path is, without changing it.
package enum CopyExaminer {
    package static let headerBytes = 16384

    /// The identity and both state slots, of a file that is not shorter than that.
    package static func header(of bytes: some CopyBytes) throws(CopyFailure) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: headerBytes)
        try header.withMutableBytes { raw throws(CopyFailure) in try bytes.read(into: raw, at: 0) }
        return header
    }

    package static func examine(
        _ bytes: some CopyBytes, expected layout: FileLayout, path: String, checksum: Checksum
    ) throws(CopyFailure) -> CopyExamination {
        if bytes.count == 0 { return .blank }
        guard bytes.count >= headerBytes else {
            return .foreign(
                TandemError(
                    .notTandem, path, "the file is not a Tandem copy",
                    remedy: "Give the path of a copy, or of a file that does not exist yet"))
        }
        let header = try header(of: bytes)
        if header.withUnsafeBytes({ $0.isZero }) {
            return try isZero(bytes, from: headerBytes) ? .blank : .foreign(notACopy(path))
        }
        do throws(TandemError) {
            let found = try header.withBytes { raw throws(TandemError) in
                try Identity.decode(raw, path: path, checksum: checksum)
            }
            guard found == layout else {
                let misfit = TandemError(
                    .wrongSchema, path, "the copy has other tables or sizes than the source",
                    remedy: "Give the copy of this source, or another path")
                guard let slot = StateSlot.newest(in: header, checksum: checksum) else { return .foreign(misfit) }
                return .misfit(slot, misfit)
            }
        } catch {
            return try isUnfinished(header, bytes, layout, checksum) ? .blank : .foreign(error)
        }
        guard let slot = StateSlot.newest(in: header, checksum: checksum) else {
            if try isUnfinished(header, bytes, layout, checksum) { return .blank }
            return .foreign(
                TandemError(
                    .corrupt, path, "both state slots are damaged",
                    remedy: "Keep the file for examination and give another path"))
        }
        // A source is as long as its tables and is not one that was cut short.
        if slot.role == .source { return .copy(slot, journal: nil) }
        guard bytes.count >= layout.copyBytes else {
            return .foreign(
                TandemError(
                    .wrongLength, path, "the copy has \(bytes.count) bytes where its header says \(layout.copyBytes)",
                    remedy: "The file was cut short: move it away, and put an empty file in its place"))
        }
        guard slot.role == .consistent else { return .copy(slot, journal: nil) }
        let replayed = try CopyRecovery.scan(bytes, layout: layout, slot: slot, checksum: checksum) { _ in }
        var end = replayed.end
        end.wallNanoseconds = replayed.wallNanoseconds
        // The slot was written after the cut it names was whole: a journal that ends before it is damaged.
        return .copy(slot, journal: end.cut >= slot.cut ? end : nil)
    }

    /// The newest slot of bytes that another writes, of whatever role; nil of another layout's, and of no copy's.
    package static func newestSlot(
        of bytes: some CopyBytes, expected layout: FileLayout, path: String, checksum: Checksum
    ) -> StateSlot? {
        guard bytes.count >= headerBytes, let header = try? header(of: bytes) else { return nil }
        let found = try? header.withBytes { raw throws(TandemError) in
            try Identity.decode(raw, path: path, checksum: checksum)
        }
        return found == layout ? StateSlot.newest(in: header, checksum: checksum) : nil
    }

    private static func notACopy(_ path: String) -> TandemError {
        TandemError(
            .notTandem, path, "the file holds data that is not a Tandem copy",
            remedy: "Give the path of a copy, or of a file that does not exist yet")
    }

    /// What is left of laying out a blank file when that is stopped half-way: a part of this very header, and nothing
    /// behind it. Refused, it would have to be cleared by hand before each new try.
    private static func isUnfinished(
        _ header: [UInt8], _ bytes: some CopyBytes, _ layout: FileLayout, _ checksum: Checksum
    ) throws(CopyFailure) -> Bool {
        var whole = Identity.encode(layout, checksum: checksum)
        whole.append(contentsOf: [UInt8](repeating: 0, count: headerBytes - whole.count))
        for offset in StateSlot.offsets {
            // What a slot says is not known, but how it begins.
            let sector = offset ..< offset + StateSlot.byteCount
            let begun = header[sector].starts(with: StateSlot.magic)
            whole.replaceSubrange(
                begun ? sector : offset ..< offset + StateSlot.magic.count,
                with: begun ? Array(header[sector]) : StateSlot.magic)
        }
        guard header.withUnsafeBytes({ header in whole.withUnsafeBytes { header.isPart(of: $0) } }) else {
            return false
        }
        return try isZero(bytes, from: headerBytes)
    }

    /// Whether nothing is there from `start` on, as in what `fallocate` or a new device gives. Looks at all of the
    /// first mebibyte, where every file system and partition table leaves its mark, at a thousand pages behind it and
    /// at the last: enough to tell a blank from somebody's data in all but contrived cases, and never minutes of
    /// reading.
    private static func isZero(_ bytes: some CopyBytes, from start: Int) throws(CopyFailure) -> Bool {
        var page = [UInt8](repeating: 0, count: 4096)
        func isClear(_ count: Int, at offset: Int) throws(CopyFailure) -> Bool {
            try page.withMutableBytes { raw throws(CopyFailure) in
                let part = UnsafeMutableRawBufferPointer(rebasing: raw[..<count])
                try bytes.read(into: part, at: offset)
                return UnsafeRawBufferPointer(part).isZero
            }
        }
        let stride = max(1 << 20, bytes.count / 1000)
        var offset = start
        while offset < bytes.count {
            guard try isClear(min(4096, bytes.count - offset), at: offset) else { return false }
            offset += offset < 1 << 20 ? 4096 : stride
        }
        return try isClear(4096, at: bytes.count - 4096)
    }
}
