/// Says whether a file's bytes are a source, without changing them: what attaching asks before it trusts anything.
package enum SourceExaminer {
    /// Layout and newest state slot of the source whose bytes these are.
    ///
    /// - Parameters:
    ///   - bytes: from the first on, to the first page of the runtime area at least.
    ///   - byteCount: of the whole file; nil where `bytes` are all of it.
    ///   - path: the file, for the error.
    /// - Throws: `.notTandem`, `.formatVersion`, `.corrupt`, `.wrongLength`, `.wrongRole`.
    package static func examine(
        _ bytes: UnsafeMutableRawBufferPointer, of byteCount: Int? = nil, path: String, checksum: Checksum
    ) throws(TandemError) -> (layout: FileLayout, state: StateSlot) {
        let byteCount = byteCount ?? bytes.count
        guard let base = bytes.baseAddress, bytes.count >= CopyExaminer.headerBytes else {
            throw TandemError(
                .notTandem, path, "the file is shorter than a Tandem header", remedy: "Give the path of a Tandem source"
            )
        }
        let layout = try Identity.decode(UnsafeRawBufferPointer(bytes), path: path, checksum: checksum)
        guard let state = StateSlot.newest(in: base, checksum: checksum) else {
            throw TandemError(.corrupt, path, "both state slots are damaged", remedy: "Promote the copy instead")
        }
        guard state.role == .source else {
            guard byteCount >= layout.copyBytes else {
                throw TandemError(
                    .wrongLength, path,
                    "it is a copy, and has \(byteCount) bytes where its header says \(layout.copyBytes)",
                    remedy: "The file was cut short and cannot be promoted; use another copy")
            }
            throw TandemError(
                .wrongRole, path, "it is a copy, not a source", remedy: "Promote it first: tandem promote \(path)")
        }
        // A promoted copy keeps the room of its journal.
        guard byteCount == layout.tablesEnd || byteCount == layout.copyBytes else {
            throw TandemError(
                .wrongLength, path, "it has \(byteCount) bytes where its header says \(layout.tablesEnd)",
                remedy: "The file was cut or extended: promote the copy instead")
        }
        guard RuntimeArea(memory: SourceMemory(base: base, layout: layout), layout: layout).isReady else {
            throw TandemError(
                .corrupt, path, "its runtime area was never made ready by this version",
                remedy: "Promote the copy instead")
        }
        return (layout, state)
    }
}
