public import TandemCore
internal import TandemSystem

/// What a copy says of itself, and whether somebody is writing it.
public struct CopyStatus: Sendable, Encodable {
    public let path: String
    public let generation: String
    public let ancestors: [String]
    /// syncing or consistent.
    public let role: String
    /// The last cut when the state slot was written; the journal may hold later ones.
    public let slotCut: UInt64
    public let isLocked: Bool
    /// Length of the file or device, and how much of it the journal's ring takes.
    public let bytes: Int
    public let journalBytes: Int
    public let tables: [String: Int]

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
