extension TandemError {
    /// What went wrong, for programs.
    ///
    /// An open set: new codes may be added, so a `switch` over codes needs a `default`.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// Stays the code's own from version to version; 0 is none.
        public let rawValue: UInt16

        /// - Parameter rawValue: any; one that this version does not know is printed as a number.
        @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }
    }
}

// The write path.
extension TandemError.Code {
    /// A record is held by another transaction. The writer runs the closure again by itself: let it pass.
    @inlinable public static var conflict: Self { Self(rawValue: 1) }
    /// The table has no record of this index.
    @inlinable public static var indexOutOfRange: Self { Self(rawValue: 2) }
    /// The transaction changes more than one may. Nothing was changed.
    @inlinable public static var transactionTooLarge: Self { Self(rawValue: 3) }
    /// A record stayed locked by another live writer, for as long as the error says. Nothing was changed.
    @inlinable public static var recordInUse: Self { Self(rawValue: 4) }
    /// A promoted copy has taken over. Final for this source.
    @inlinable public static var superseded: Self { Self(rawValue: 5) }
    /// The transaction's closure aborted it. Nothing was changed.
    @inlinable public static var aborted: Self { Self(rawValue: 6) }
    /// A buffer has not the length of the table's records, or a type has not their size.
    @inlinable public static var wrongSize: Self { Self(rawValue: 7) }
    /// Committed here, not seen on the copy before the deadline. Do not repeat the transaction.
    @inlinable public static var notReplicatedInTime: Self { Self(rawValue: 8) }
    /// A record's header makes no sense, or changed at every look: memory that somebody has written over.
    @inlinable public static var readContended: Self { Self(rawValue: 9) }
    /// A table of another source than the writer's.
    @inlinable public static var foreignTable: Self { Self(rawValue: 10) }
    /// A record is held by another writer of this very thread, which cannot go on while this one waits for it. Nothing
    /// was changed by the transaction that throws this.
    @inlinable public static var heldByThisThread: Self { Self(rawValue: 11) }
    /// A record is locked by a writer that has no transaction under way: somebody has written over the source's memory.
    /// Nothing was changed.
    @inlinable public static var recordDamaged: Self { Self(rawValue: 12) }
    /// The source is being handed over to a copy. Nothing was changed. Either it is superseded in a moment, or it goes
    /// on: try again until one of the two has happened.
    @inlinable public static var handingOver: Self { Self(rawValue: 13) }
}

// Files.
extension TandemError.Code {
    /// No file of Tandem's.
    public static var notTandem: Self { Self(rawValue: 20) }
    /// A file of another version's format.
    public static var formatVersion: Self { Self(rawValue: 21) }
    /// A file whose own words contradict each other or their checksum.
    public static var corrupt: Self { Self(rawValue: 22) }
    /// A file of another length than its header says.
    public static var wrongLength: Self { Self(rawValue: 23) }
    /// A source where a copy is wanted, or the other way round.
    public static var wrongRole: Self { Self(rawValue: 24) }
    /// Other tables, sizes or record types than the file has.
    public static var wrongSchema: Self { Self(rawValue: 25) }
    /// A link, a special file, somebody else's file, or one that is open to others.
    public static var unsafeFile: Self { Self(rawValue: 26) }
    /// There is no such file.
    public static var notFound: Self { Self(rawValue: 27) }
    /// There is a file of this name already.
    public static var exists: Self { Self(rawValue: 28) }
    /// The file system has no space.
    public static var noSpace: Self { Self(rawValue: 29) }
    /// Another process works on the file.
    public static var inUse: Self { Self(rawValue: 30) }
    /// A device reported an error.
    public static var inputOutput: Self { Self(rawValue: 31) }
    /// The copy is not whole.
    public static var notPromotable: Self { Self(rawValue: 32) }
    /// The source itself was given as its copy.
    public static var sameFile: Self { Self(rawValue: 33) }
}

// Arguments and environment.
extension TandemError.Code {
    /// An argument is out of its range.
    public static var badArgument: Self { Self(rawValue: 40) }
    /// All writer slots of the source are held by running writers.
    public static var noWriterSlot: Self { Self(rawValue: 41) }
    /// The machine, the kernel or its rules do not allow it.
    public static var unavailable: Self { Self(rawValue: 42) }
    /// The source has no table of this name.
    public static var noSuchTable: Self { Self(rawValue: 43) }
}

// Keyed tables and tables of slots.
extension TandemError.Code {
    /// No slot of the table was free at one moment. Nothing was changed by the call that throws this.
    @inlinable public static var tableFull: Self { Self(rawValue: 60) }
    /// A record of a keyed table, or of a companion, contradicts what is around it: somebody has written over the
    /// memory. Nothing was changed by the call that throws this.
    @inlinable public static var tableDamaged: Self { Self(rawValue: 61) }
    /// A key is longer than the table's keys can be.
    @inlinable public static var keyTooLong: Self { Self(rawValue: 62) }
}

extension TandemError.Code: CustomStringConvertible {
    /// The code's name, as programs write it: `recordInUse`.
    public var description: String { Self.names[self] ?? "code \(rawValue)" }

    private static let names: [Self: String] = [
        .conflict: "conflict", .indexOutOfRange: "indexOutOfRange", .transactionTooLarge: "transactionTooLarge",
        .recordInUse: "recordInUse", .superseded: "superseded", .aborted: "aborted", .wrongSize: "wrongSize",
        .notReplicatedInTime: "notReplicatedInTime", .readContended: "readContended", .foreignTable: "foreignTable",
        .heldByThisThread: "heldByThisThread", .recordDamaged: "recordDamaged", .handingOver: "handingOver",
        .notTandem: "notTandem", .formatVersion: "formatVersion", .corrupt: "corrupt", .wrongLength: "wrongLength",
        .wrongRole: "wrongRole", .wrongSchema: "wrongSchema", .unsafeFile: "unsafeFile", .notFound: "notFound",
        .exists: "exists", .noSpace: "noSpace", .inUse: "inUse", .inputOutput: "inputOutput",
        .notPromotable: "notPromotable", .sameFile: "sameFile",
        .badArgument: "badArgument", .noWriterSlot: "noWriterSlot", .unavailable: "unavailable",
        .noSuchTable: "noSuchTable",
        .tableFull: "tableFull", .tableDamaged: "tableDamaged", .keyTooLong: "keyTooLong",
    ]
}
