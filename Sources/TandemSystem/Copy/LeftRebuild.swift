internal import Glibc
package import TandemCore

/// What a replicator killed in mid-rebuild has left beside the copy. It takes as much room as the copy does.
package struct LeftRebuild {
    let path: String
    let layout: FileLayout
    /// The copy's own.
    let life: Life
    let checksum: Checksum

    /// - Parameter copy: the path of the copy.
    package init(besides copy: String, layout: FileLayout, life: Life, checksum: Checksum) {
        path = Self.path(besides: copy)
        self.layout = layout
        self.life = life
        self.checksum = checksum
    }

    static func path(besides copy: String) -> String { copy + ".rebuild" }

    /// Deletes it, if it is nobody's, and blank or a copy of the copy's own line: the name is no proof. One of an
    /// earlier life is left over as well: its replicator was killed, and the copy promoted.
    package func remove() {
        if FileBytes.exists(path: path), isOurs(writable: true) { unlink(path) }
    }

    /// - Parameter writable: also locked, so that it is nobody's; false where the caller has it locked.
    func isOurs(writable: Bool) -> Bool {
        guard let left = try? FileBytes(path: path, writable: writable),
            let found = try? CopyExaminer.examine(left, expected: layout, path: path, checksum: checksum)
        else { return false }
        switch found {
        case .blank: return true
        case .copy(let slot, _): return slot.role != .source && life.kin(slot.life) != .stranger
        case .foreign, .misfit, .locked: return false
        }
    }
}
