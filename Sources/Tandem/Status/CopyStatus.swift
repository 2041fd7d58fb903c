internal import TandemCore
public import TandemTypes
internal import TandemSystem

/// What a copy says of itself, and whether somebody is writing it.
public struct CopyStatus: Sendable, Encodable {
    /// What a copy is to whoever finds it.
    public enum Role: String, Sendable, CaseIterable, Encodable {
        /// A bulk copy has been begun, and has not come to its end.
        case syncing
        /// With its journal it is a whole state of its source.
        case consistent
    }

    /// As it was given.
    public let path: String
    /// Whose life it follows: 32 hexadecimal digits, as each of `ancestors`.
    public let generation: String
    /// The lives before it, newest first.
    public let ancestors: [String]
    /// Whether it is whole.
    public let role: Role
    /// The last cut when the state slot was written; the journal may hold later ones.
    public let slotCut: UInt64
    /// A replicator is writing it, or a promotion is under way.
    public let isLocked: Bool
    /// The process that has it locked; nil for none, and for one of another user.
    public let replicatorProcess: Int?
    /// The source that this process follows, by the name that it was opened by; nil where that is not known.
    public let sourcePath: String?
    /// That name was taken away while the source is in use: it is gone when its last process ends.
    public let isSourceDeleted: Bool?
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
    /// - Complexity: O(1): 16 KiB are read. Of a copy that is locked, O(files that all processes have open).
    public static func read(at path: String) throws(TandemError) -> CopyStatus {
        let access = try CopyAccess(path: path, writable: false)
        let isLocked = FileBytes.isLocked(path: path)
        let locking = isLocked ? FileHolders.locking(path) : nil
        let source = locking?.others.first { access.isSource($0) }
        return CopyStatus(
            path: path, generation: access.slot.generation.description,
            ancestors: access.slot.ancestors.map(\.description),
            role: access.slot.role == .consistent ? .consistent : .syncing, slotCut: access.slot.cut,
            isLocked: isLocked, replicatorProcess: locking?.process, sourcePath: source?.path,
            isSourceDeleted: source?.isDeleted, bytes: access.bytes.count,
            journalBytes: access.layout.journalBytes,
            tables: Dictionary(uniqueKeysWithValues: access.layout.definitions.map { ($0.name, $0.capacity) }))
    }
}

extension CopyStatus {
    private enum CodingKeys: CodingKey {
        case path, generation, ancestors, role, slotCut, isLocked, replicatorProcess, sourcePath, isSourceDeleted
        case bytes, journalBytes, tables
    }

    /// Every key is always there; `null` stands for what is not known.
    public func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: CodingKeys.self)
        try keys.encode(path, forKey: .path)
        try keys.encode(generation, forKey: .generation)
        try keys.encode(ancestors, forKey: .ancestors)
        try keys.encode(role, forKey: .role)
        try keys.encode(slotCut, forKey: .slotCut)
        try keys.encode(isLocked, forKey: .isLocked)
        try keys.encode(replicatorProcess, forKey: .replicatorProcess)
        try keys.encode(sourcePath, forKey: .sourcePath)
        try keys.encode(isSourceDeleted, forKey: .isSourceDeleted)
        try keys.encode(bytes, forKey: .bytes)
        try keys.encode(journalBytes, forKey: .journalBytes)
        try keys.encode(tables, forKey: .tables)
    }
}

extension CopyAccess {
    /// Whether what another process has open is the source of this copy.
    fileprivate func isSource(_ holder: FileHolder) -> Bool {
        guard let head = FileHolders.head(of: holder, CopyExaminer.headerBytes) else { return false }
        let found = try? head.withBytes { raw throws(TandemError) in
            try Identity.decode(raw, path: path, checksum: LinuxChecksum.crc32c)
        }
        guard found == layout, let newest = StateSlot.newest(in: head, checksum: LinuxChecksum.crc32c) else {
            return false
        }
        return newest.role == .source && newest.generation == slot.generation
    }
}
