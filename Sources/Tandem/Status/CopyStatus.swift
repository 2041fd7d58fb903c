internal import TandemCore
public import TandemTypes
internal import TandemSystem

/// What a copy says of itself, and whether somebody is writing it.
public struct CopyStatus: Sendable, Encodable {
    /// As it was given.
    public let path: String
    /// Whose life it follows: 32 hexadecimal digits, as each of `ancestors`.
    public let generation: String
    /// The lives before it, newest first.
    public let ancestors: [String]
    /// syncing or consistent.
    public let role: String
    /// The last cut when the state slot was written; the journal may hold later ones.
    public let slotCut: UInt64
    /// A replicator is writing it, or a promotion is under way.
    public let isLocked: Bool
    /// Length of the file or device.
    public let bytes: Int
    /// How much of it the journal's ring takes.
    public let journalBytes: Int
    /// Records by table.
    public let tables: [String: Int]

    /// Reads header and state slots; nothing is locked or changed.
    ///
    /// - Throws: `.notFound`, `.unsafeFile`, `.notTandem`, `.formatVersion`, `.corrupt`, `.wrongLength`, `.wrongRole`
    ///   (a source).
    /// - Complexity: O(1): 16 KiB are read.
    public static func read(at path: String) throws(TandemError) -> CopyStatus {
        let access = try CopyAccess(path: path, writable: false)
        return CopyStatus(
            path: path, generation: access.slot.generation.description,
            ancestors: access.slot.ancestors.map(\.description),
            role: access.slot.role == .consistent ? "consistent" : "syncing", slotCut: access.slot.cut,
            isLocked: FileBytes.isLocked(path: path), bytes: access.bytes.count,
            journalBytes: access.layout.journalBytes,
            tables: Dictionary(uniqueKeysWithValues: access.layout.definitions.map { ($0.name, $0.capacity) }))
    }
}
