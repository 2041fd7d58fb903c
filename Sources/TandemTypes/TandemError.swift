/// What went wrong, where, and what to do about it. The one error type that leaves Tandem.
///
/// On the write path an error is a code and two numbers: making one allocates nothing. Errors about files and the
/// environment carry text as well.
public struct TandemError: Error, Sendable {
    /// An open set: new codes may be added, so a `switch` over codes needs a `default`.
    public struct Code: RawRepresentable, Hashable, Sendable {
        public let rawValue: UInt16
        @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }
    }

    /// What went wrong, for programs.
    public let code: Code
    /// First number that `code` speaks of: a table, a limit, an errno.
    public let first: UInt64
    /// Second number that `code` speaks of: an index, a capacity.
    public let second: UInt64
    /// Text about a file or the environment; nil on the write path.
    public let detail: Detail?

    /// Three parts of a sentence; a reference, so that an error without text stays small.
    public final class Detail: Sendable {
        public let subject: String
        public let problem: String
        public let remedy: String
        init(subject: String, problem: String, remedy: String) {
            self.subject = subject
            self.problem = problem
            self.remedy = remedy
        }
    }

    @inlinable
    public init(_ code: Code, _ first: UInt64 = 0, _ second: UInt64 = 0) {
        self.code = code
        self.first = first
        self.second = second
        detail = nil
    }

    /// - Parameters:
    ///   - subject: the file, argument or setting that is wrong.
    ///   - problem: what is wrong with it, without a full stop.
    ///   - remedy: what the reader can do, without a full stop.
    public init(_ code: Code, _ subject: String, _ problem: String, remedy: String, errno: Int32 = 0) {
        self.code = code
        first = UInt64(UInt32(bitPattern: errno))
        second = 0
        detail = Detail(subject: subject, problem: problem, remedy: remedy)
    }
}

extension TandemError {
    /// Rolls a transaction back when its closure throws it.
    ///
    /// - Parameter reason: a number of the caller's own, found in the error's `first`.
    @inlinable public static func abort(_ reason: UInt64 = 0) -> TandemError { TandemError(.aborted, reason) }
}

extension TandemError.Code {
    // The write path.
    /// `first` table, `second` record: held by another transaction. The writer runs the closure again by itself: let it
    /// pass.
    @inlinable public static var conflict: Self { Self(rawValue: 1) }
    /// `first` table, `second` the index as it was given.
    @inlinable public static var indexOutOfRange: Self { Self(rawValue: 2) }
    /// `first` entries, `second` bytes of the undo log. Nothing was changed.
    @inlinable public static var transactionTooLarge: Self { Self(rawValue: 3) }
    /// `first` table, `second` record: it stayed locked by a live writer for seconds.
    @inlinable public static var recordInUse: Self { Self(rawValue: 4) }
    /// A promoted copy has taken over. Final for this source.
    @inlinable public static var superseded: Self { Self(rawValue: 5) }
    /// `first` the caller's own number.
    @inlinable public static var aborted: Self { Self(rawValue: 6) }
    /// `first` bytes given, `second` bytes of the table's records.
    @inlinable public static var wrongSize: Self { Self(rawValue: 7) }
    /// `first` epoch: committed here, not seen on the copy before the deadline. Do not repeat the transaction.
    @inlinable public static var notReplicatedInTime: Self { Self(rawValue: 8) }
    /// `first` table, `second` record: its header makes no sense, or changed at every look. Only memory that somebody
    /// has scribbled over does so.
    @inlinable public static var readContended: Self { Self(rawValue: 9) }
    /// A table of another source than the writer's.
    @inlinable public static var foreignTable: Self { Self(rawValue: 10) }
    // Files.
    public static var notTandem: Self { Self(rawValue: 20) }
    public static var formatVersion: Self { Self(rawValue: 21) }
    public static var corrupt: Self { Self(rawValue: 22) }
    public static var wrongLength: Self { Self(rawValue: 23) }
    public static var wrongRole: Self { Self(rawValue: 24) }
    public static var wrongSchema: Self { Self(rawValue: 25) }
    public static var unsafeFile: Self { Self(rawValue: 26) }
    public static var notFound: Self { Self(rawValue: 27) }
    public static var exists: Self { Self(rawValue: 28) }
    public static var noSpace: Self { Self(rawValue: 29) }
    public static var inUse: Self { Self(rawValue: 30) }
    public static var inputOutput: Self { Self(rawValue: 31) }
    public static var notPromotable: Self { Self(rawValue: 32) }
    public static var sameFile: Self { Self(rawValue: 33) }
    // Arguments and environment.
    public static var badArgument: Self { Self(rawValue: 40) }
    public static var noWriterSlot: Self { Self(rawValue: 41) }
    public static var unavailable: Self { Self(rawValue: 42) }
    public static var noSuchTable: Self { Self(rawValue: 43) }
}

extension TandemError: CustomStringConvertible {
    /// Subject, problem and remedy in one sentence each.
    public var description: String {
        if let detail { return "\(detail.subject): \(detail.problem). \(detail.remedy)." }
        switch code {
        case .conflict:
            return "record \(second) of table \(first) is held by another transaction. Run the transaction again."
        case .indexOutOfRange:
            return
                """
                table \(first) has no record \(Int64(bitPattern: second)). Use an index from 0 up to the table's \
                capacity.
                """
        case .transactionTooLarge:
            return
                """
                the transaction changes more than its undo log holds (\(first) records, \(second) bytes). Split it, or \
                create the source with a larger undo log.
                """
        case .recordInUse:
            return
                """
                record \(second) of table \(first) stays locked by another live writer. Let one writer at a time \
                change a record of a partitioned table; end transactions quickly.
                """
        case .superseded:
            return
                "a promoted copy has taken over from this source. Stop writing here and attach to the promoted source."
        case .aborted: return "the transaction was aborted by its own code (\(first)). Nothing was changed."
        case .wrongSize:
            return
                """
                a payload of \(first) bytes was given where the table's records have \(second). Pass exactly that many \
                bytes.
                """
        case .notReplicatedInTime:
            return
                """
                the transaction is committed here (epoch \(first)) but was not seen on the copy before its deadline. \
                It travels with a later cut; do not repeat it.
                """
        case .readContended: return "record \(second) of table \(first) kept changing while it was read. Read it again."
        case .foreignTable:
            return "the table belongs to another source than the writer. Use a table of the writer's own source."
        default: return "error \(code.rawValue) (\(first), \(second))"
        }
    }
}
