public import TandemCore
internal import TandemTypes

/// One of the ordinary tables that a keyed table or a table of slots is made of.
///
/// A class, made once for a table that is opened: as a value it would be copied for every call.
@usableFromInline package final class SharedTable: Sendable {
    @usableFromInline let view: TableView

    package init(_ view: TableView) { self.view = view }

    var capacity: Int { view.layout.capacity }

    /// What `body` makes of record `index`: as the transaction of `owner` has left it where it holds it, else as it was
    /// committed last. `body` may run twice, and be shown torn bytes the first time.
    @inline(__always)
    func look<Result>(
        at index: Int, as owner: UInt64, _ body: (UnsafeRawPointer) -> Result
    ) throws(TandemError) -> Result {
        if let payload = view.payload(index, heldBy: owner) { return body(payload) }
        if let result = view.readInPlace(index, body) { return result }
        return try lookSlowly(at: index, body)
    }

    /// Somebody is changing it: its committed value is brought here first.
    @inline(never)
    private func lookSlowly<Result>(
        at index: Int, _ body: (UnsafeRawPointer) -> Result
    ) throws(TandemError) -> Result {
        try withUnsafeTemporaryAllocation(
            byteCount: view.layout.payloadBytes, alignment: 16
        ) { room throws(TandemError) in
            try view.read(index, into: room.baseAddress!)
            return body(UnsafeRawPointer(room.baseAddress!))
        }
    }

    /// A number that changes when a transaction that held record `index` commits.
    @inline(__always)
    func committedVersion(_ index: Int) -> UInt64 { view.idleVersion(index) ?? versionSlowly(index) }

    @inline(never)
    private func versionSlowly(_ index: Int) -> UInt64 { view.committedVersion(index) }

    /// The payload of record `index`, to be changed in place.
    @inline(__always)
    func hold(_ index: Int, in transaction: inout WriterLog) throws(TandemError) -> UnsafeMutableRawPointer {
        try transaction.hold(view, index)
    }

    /// The same where the compiler knows what it is.
    @inline(__always)
    func hold<Payload: BitwiseCopyable>(
        _ index: Int, as payload: Payload.Type, in transaction: inout WriterLog
    ) throws(TandemError) -> UnsafeMutablePointer<Payload> {
        try transaction.hold(view, index, as: payload)
    }

    /// The free list that is record `index`, likewise.
    @inline(__always)
    func hold(list index: Int, in transaction: inout WriterLog) throws(TandemError) -> FreeList {
        FreeList(UnsafeMutableRawPointer(try hold(index, as: FreeList.Words.self, in: &transaction)))
    }

    /// What record `index` must have in common with the memory around it is not so: refused, not repaired.
    @inline(never)
    func damaged(_ index: Int) -> TandemError { TandemError(.tableDamaged, UInt64(view.layout.number), UInt64(index)) }
}
