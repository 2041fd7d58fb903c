/// What went wrong, where, and what to do about it. The one error type that leaves Tandem.
///
/// On the write path an error is a code and two numbers: making one allocates nothing. Errors about files and the
/// environment carry text as well.
public struct TandemError: Error, Sendable {
    /// What went wrong, for programs: `switch error.code`.
    public let code: Code
    /// What `code` counts first: a table, a limit, an errno.
    @usableFromInline package let first: UInt64
    /// What `code` counts second: an index, a capacity.
    @usableFromInline package let second: UInt64
    /// Text about a file, a record or the environment; nil on the write path.
    public let detail: Detail?

    /// Three parts of what is said to people; a reference, so that an error without text stays small.
    public final class Detail: Sendable {
        /// The file, argument, record or setting that is wrong.
        public let subject: String
        /// What is wrong with it, without a full stop.
        public let problem: String
        /// What the reader can do, without a full stop.
        public let remedy: String

        init(subject: String, problem: String, remedy: String) {
            self.subject = subject
            self.problem = problem
            self.remedy = remedy
        }
    }

    /// An error without text: allocates nothing.
    ///
    /// - Parameters:
    ///   - first: what `code` counts first.
    ///   - second: what `code` counts second.
    @inlinable
    package init(_ code: Code, _ first: UInt64 = 0, _ second: UInt64 = 0) {
        self.code = code
        self.first = first
        self.second = second
        detail = nil
    }

    /// - Parameters:
    ///   - subject: the file, argument or setting that is wrong.
    ///   - problem: what is wrong with it, without a full stop.
    ///   - remedy: what the reader can do, without a full stop.
    package init(_ code: Code, _ subject: String, _ problem: String, remedy: String, errno: Int32 = 0) {
        self.init(code, UInt64(UInt32(bitPattern: errno)), 0, subject, problem, remedy: remedy)
    }

    /// The same about something that is counted.
    package init(
        _ code: Code, _ first: UInt64, _ second: UInt64, _ subject: String, _ problem: String, remedy: String
    ) {
        self.code = code
        self.first = first
        self.second = second
        detail = Detail(subject: subject, problem: problem, remedy: remedy)
    }

    /// Rolls a transaction back when its closure throws it.
    ///
    /// - Parameter reason: a number of the caller's own, found in the error's `abortReason`.
    @inlinable public static func abort(_ reason: UInt64 = 0) -> TandemError { TandemError(.aborted, reason) }
}

extension TandemError {
    /// Number of the table, in the order of `SourceDataFile.tables`, whose record the error is about; else nil.
    public var table: Int? { code.isAboutRecord ? Int(clamping: first) : nil }

    /// Index of the record that the error is about, as it was given; else nil.
    public var index: Int? { code.isAboutRecord ? Int(truncatingIfNeeded: second) : nil }

    /// The number that the caller gave to `abort`; nil for all but `.aborted`.
    public var abortReason: UInt64? { code == .aborted ? first : nil }

    /// Epoch of the commit that was not seen on the copy in time; nil for all but `.notReplicatedInTime`.
    public var commitEpoch: UInt64? { code == .notReplicatedInTime ? first : nil }

    /// The kernel's number for what went wrong with a file or the environment; nil where the kernel had no part in it.
    public var errno: Int32? {
        guard !code.isAboutRecord, detail != nil, first != 0 else { return nil }
        return Int32(truncatingIfNeeded: first)
    }
}

extension TandemError.Code {
    /// The error's numbers are a table and the index of a record.
    var isAboutRecord: Bool {
        switch self {
        case .conflict, .indexOutOfRange, .recordInUse, .recordDamaged, .heldByThisThread, .readContended,
            .tableDamaged:
            true
        default: false
        }
    }
}
