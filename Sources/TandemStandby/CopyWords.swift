import CTandemLayout
import TandemCore
import TandemSystem

/// What a copy's first bytes say, as far as a standby asks.
struct CopyWords {
    /// Nil: no copy yet, and no source.
    let slot: StateSlot?
    /// The highest session that the two slots name; 0: none.
    let session: UInt64

    init(_ header: [UInt8]) {
        let isTandem =
            header.count == CopyExaminer.headerBytes
            && header.withUnsafeBytes { $0.load(as: UInt64.self) } == TANDEM_MAGIC
        slot = isTandem ? StateSlot.newest(in: header, checksum: LinuxChecksum.crc32c) : nil
        let slots = header.withUnsafeBytes { raw in
            StateSlot.offsets.map { offset in
                isTandem ? StateSlot.decode(raw.baseAddress! + offset, checksum: LinuxChecksum.crc32c) : nil
            }
        }
        session = SessionNumber.highest(slots.compactMap { $0?.session })
    }

    /// Whatever stands at the path; nothing of what cannot be read.
    init(at path: String) {
        let bytes = try? FileBytes(path: path, writable: false)
        self.init(bytes.flatMap { try? CopyExaminer.header(of: $0) } ?? [])
    }

    init(of file: StandbyFile) throws(KernelFailure) {
        var header = [UInt8](repeating: 0, count: CopyExaminer.headerBytes)
        try header.withMutableBytes { raw throws(KernelFailure) in try file.read(into: raw, at: 0) }
        self.init(header)
    }
}

extension Standby {
    /// Whether a copy may be served from this path: nothing, a blank file or a copy; no source, and nobody's letter.
    ///
    /// A copy that was promoted is a source, and is shown to whoever asks: an old primary that comes back has nothing
    /// else to hear it from, and the standby may have been started again since.
    ///
    /// - Returns: the generation of the source that it was promoted to be; nil where it was not.
    package static func admit(_ path: String) throws(TandemError) -> Generation? {
        do throws(TandemError) { try StandbyFile.admit(path) } catch {
            // The programs of a source hold locks on it; what is shown to an old primary needs none.
            guard error.code == .inUse, let slot = CopyWords(at: path).slot, slot.role == .source else { throw error }
        }
        guard let bytes = try? FileBytes(path: path, writable: false), bytes.count > 0 else { return nil }
        let header = (try? CopyExaminer.header(of: bytes)) ?? []
        if !header.isEmpty, header.allSatisfy({ $0 == 0 }) { return nil }
        guard let slot = CopyWords(header).slot else {
            throw TandemError(
                .notTandem, path, "the file is not a Tandem copy",
                remedy: "Give the path of a copy, or of a file that does not exist yet")
        }
        guard slot.role == .source else { return nil }
        guard !slot.ancestors.isEmpty else {
            throw TandemError(
                .wrongRole, path, "it is a source, of generation \(slot.generation)",
                remedy:
                    """
                    Give another path; or, if a promoted copy has taken over from it, start its replicator, which \
                    finds that out, or say it: tandem demote \(path) --force
                    """)
        }
        return slot.generation
    }
}
