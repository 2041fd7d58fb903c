internal import CTandem
internal import Tandem
internal import TandemCore
internal import TandemTables
internal import TandemTypes

/// What a `tandem_writer` points to. By a pointer rather than in an object: an object's fields are guarded against two
/// accesses at once, which costs more than a transaction's own work.
struct WriterHandle: ~Copyable {
    private var writer: Writer
    /// 0 in a forked child.
    private let mark: UnsafePointer<UInt64>
    /// A transaction is under way, and nothing has gone wrong in it.
    private var isSound = false
    /// A transaction is under way.
    private var isBegun = false
    /// Its log has begun, and has to be ended.
    private var isLogOpen = false
    private var failure: TandemError?
    /// Times in a row that the transaction met with a conflict.
    private var attempt = 0
    /// Where slots are taken from; nil: the writer's own.
    var partition: Int?

    init(_ writer: consuming Writer, mark: UnsafePointer<UInt64>) {
        self.writer = writer
        self.mark = mark
    }

    @inline(__always)
    static func at(_ pointer: OpaquePointer?) -> UnsafeMutablePointer<WriterHandle>? {
        pointer.map { UnsafeMutablePointer($0) }
    }

    /// The process that opened it; a forked child is another.
    var isOurs: Bool { mark.pointee != 0 }
    var lockDescriptor: Int32 { writer.lockDescriptor }

    @inline(__always)
    mutating func begin() -> Int32 {
        guard _fastPath(!isBegun && isOurs) else { return refuseBegin() }
        isBegun = true
        do throws(TandemError) {
            try writer.beginTransaction()
            (isLogOpen, isSound) = (true, true)
            return 0
        } catch { return fail(error) }
    }

    @inline(never)
    private mutating func refuseBegin() -> Int32 {
        guard isOurs else { return Self.forked() }
        return fail(.alreadyBegun)
    }

    /// The payload of a record; nil, and the transaction cannot commit, when it is not to be had.
    @inline(__always)
    mutating func hold(_ table: borrowing TableView, _ index: Int) -> UnsafeMutableRawPointer? {
        // A child that goes on with its parent's transaction would end it: what both have held is one and the same.
        guard _fastPath(isSound && isOurs) else { return refuseHold() }
        do throws(TandemError) { return try writer.hold(table, index) } catch {
            _ = fail(error)
            return nil
        }
    }

    @inline(never)
    private func refuseHold() -> UnsafeMutableRawPointer? {
        if !isOurs { _ = Self.forked() } else if !isBegun { _ = Self.notBegun() }
        return nil
    }

    private static func forked() -> Int32 {
        Failure.answer(
            TANDEM_FORKED, "the writer belongs to the process that was forked. Open one in this process.")
    }

    private static func notBegun() -> Int32 {
        Failure.answer(TANDEM_NOT_BEGUN, "no transaction is under way. Call tandem_begin first.")
    }

    /// Changes records of several tables; what goes wrong in it stays with the transaction.
    @inline(__always)
    mutating func change(_ body: (inout Transaction) throws(TandemError) -> Int32) -> Int32 {
        guard _fastPath(isSound && isOurs) else { return refuseChange() }
        do throws(TandemError) { return try writer.inTransaction(body) } catch { return fail(error) }
    }

    @inline(never)
    private func refuseChange() -> Int32 {
        guard isOurs else { return Self.forked() }
        guard isBegun, let failure else { return Self.notBegun() }
        return Failure.answer(failure)
    }

    /// By which reads see what the transaction has changed; 0, nobody, without one.
    mutating func owner(in slots: borrowing RawSlotTable) throws(TandemError) -> UInt64 {
        guard isLogOpen && isOurs else { return 0 }
        return try writer.inTransaction { transaction throws(TandemError) in try slots.owner(in: transaction) }
    }

    /// Runs `body` with the writer itself, which has nothing under way.
    mutating func whole(_ body: (inout Writer) throws(TandemError) -> Int32) -> Int32 {
        guard isOurs else { return Self.forked() }
        do throws(TandemError) {
            guard !isBegun else { throw .alreadyBegun }
            return try body(&writer)
        } catch { return Failure.answer(error) }
    }

    func read(_ table: borrowing TableView, _ index: Int, into payload: UnsafeMutableRawPointer) throws(TandemError) {
        guard isLogOpen && isOurs else { return try table.read(index, into: payload) }
        try writer.read(table, index, into: payload)
    }

    @inline(__always)
    mutating func commit() -> Int32 {
        do throws(TandemError) {
            guard _fastPath(isSound && isOurs), _fastPath(try writer.commitTransaction()) else { return endFailed() }
        } catch {
            failure = error
            return endFailed()
        }
        (isBegun, isLogOpen, isSound) = (false, false, false)
        attempt = 0
        return 0
    }

    /// Ends a transaction that cannot commit, and says why.
    @inline(never)
    private mutating func endFailed() -> Int32 {
        guard isOurs else { return Self.forked() }
        guard isBegun else { return Self.notBegun() }
        let error = failure ?? TandemError(.conflict)
        let wasOpen = isLogOpen
        (isBegun, isLogOpen, isSound, failure) = (false, false, false, nil)
        do throws(TandemError) {
            guard wasOpen else { throw error }
            try writer.giveUp(after: error, attempt: &attempt)
            return Failure.answer(error.code == .conflict ? error : TandemError(.conflict))
        } catch {
            attempt = 0
            return Failure.answer(error)
        }
    }

    mutating func abort() {
        guard isBegun && isOurs else { return }
        if isLogOpen { writer.rollBackTransaction() }
        (isBegun, isLogOpen, isSound, failure) = (false, false, false, nil)
        attempt = 0
    }

    mutating func commitReplicated(within nanoseconds: UInt64, by copies: Int) -> Int32 {
        // `commit` then puts everything back.
        do throws(TandemError) { try writer.check(copies: copies) } catch { refuse(error) }
        let answer = commit()
        guard answer == 0 else { return answer }
        do throws(TandemError) {
            try writer.waitUntilReplicated(within: .nanoseconds(Int64(clamping: nanoseconds)), by: copies)
            return 0
        } catch { return Failure.answer(error) }
    }

    /// A mistake that the transaction must not outlive.
    @discardableResult
    mutating func refuse(_ error: TandemError) -> Int32 {
        guard isOurs else { return Self.forked() }
        return isBegun ? fail(error) : Self.notBegun()
    }

    /// What `commit` will say. The first failure is the one that a person wants to hear of.
    @inline(never)
    private mutating func fail(_ error: TandemError) -> Int32 {
        isSound = false
        if failure == nil { failure = error }
        return Failure.answer(error)
    }
}

extension TandemError {
    fileprivate static var alreadyBegun: TandemError {
        .own(TANDEM_ALREADY_BEGUN, "the last transaction has not ended", "Commit or abort it first")
    }

    /// A code that only the C interface has.
    private static func own(_ code: tandem_code, _ problem: String, _ remedy: String) -> TandemError {
        TandemError(Code(rawValue: UInt16(code.rawValue)), "the writer", problem, remedy: remedy)
    }
}
