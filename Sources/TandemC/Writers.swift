internal import CTandem
internal import Tandem
internal import TandemCore
internal import TandemTypes

@c @implementation
public func tandem_writer_open(
    _ source: OpaquePointer!, _ writer: UnsafeMutablePointer<OpaquePointer?>!
) -> Int32 {
    guard let out = writer as UnsafeMutablePointer<OpaquePointer?>? else { return Failure.missing("writer") }
    out.pointee = nil
    guard let handle = SourceHandle.at(source) else { return Failure.missing("source") }
    guard let mark = tandem_process_mark(), mark.pointee != 0 else {
        return Failure.answer(
            TANDEM_UNAVAILABLE, "this process: the kernel gives no memory that a forked child finds empty. Use another."
        )
    }
    return hand(out) { () throws(TandemError) in
        let made = try handle.pointee.source.makeWriter()
        tandem_keep_from_children(made.lockDescriptor)
        return WriterHandle(made, mark: mark)
    }
}

@c @implementation
public func tandem_writer_close(_ writer: OpaquePointer!) {
    guard let handle = WriterHandle.at(writer) else { return }
    // In a child the slot, its transaction and its lock are the parent's, and the descriptor's number may be another's
    // by now: nothing of it is touched.
    if handle.pointee.isOurs {
        handle.pointee.abort()
        tandem_forget_descriptor(handle.pointee.lockDescriptor)
        handle.deinitialize(count: 1)
    }
    handle.deallocate()
}

@c @implementation
public func tandem_begin(_ writer: OpaquePointer!) -> Int32 {
    guard let handle = WriterHandle.at(writer) else { return Failure.missing("writer") }
    return handle.pointee.begin()
}

@c @implementation
public func tandem_hold(
    _ writer: OpaquePointer!, _ table: OpaquePointer!, _ index: UInt64
) -> UnsafeMutableRawPointer! {
    guard let handle = WriterHandle.at(writer), let table = TableHandle.at(table) else {
        return refuseHold(writer, table)
    }
    return handle.pointee.hold(table.pointee.view, Int(truncatingIfNeeded: index))
}

@inline(never)
private func refuseHold(_ writer: OpaquePointer?, _ table: OpaquePointer?) -> UnsafeMutableRawPointer? {
    guard let handle = WriterHandle.at(writer) else {
        _ = Failure.missing("writer")
        return nil
    }
    handle.pointee.refuse(
        TandemError(.badArgument, "table", "it is NULL", remedy: "Look at what tandem_find_table has answered"))
    return nil
}

@c @implementation
public func tandem_read_within(
    _ writer: OpaquePointer!, _ table: OpaquePointer!, _ index: UInt64, _ payload: UnsafeMutableRawPointer!,
    _ bytes: Int
) -> Int32 {
    guard let handle = WriterHandle.at(writer) else { return Failure.missing("writer") }
    guard let table = TableHandle.at(table), let payload = payload as UnsafeMutableRawPointer? else {
        return Failure.missing(table == nil ? "table" : "payload")
    }
    guard bytes == table.pointee.view.layout.payloadBytes else { return wrongSize(bytes, table.pointee.view) }
    do throws(TandemError) {
        try handle.pointee.read(table.pointee.view, Int(clamping: index), into: payload)
        return 0
    } catch { return Failure.answer(error) }
}

@c @implementation
public func tandem_commit(_ writer: OpaquePointer!) -> Int32 {
    guard let handle = WriterHandle.at(writer) else { return Failure.missing("writer") }
    return handle.pointee.commit()
}

@c @implementation
public func tandem_commit_replicated(_ writer: OpaquePointer!, _ nanoseconds: UInt64) -> Int32 {
    guard let handle = WriterHandle.at(writer) else { return Failure.missing("writer") }
    return handle.pointee.commitReplicated(within: nanoseconds, by: 1)
}

@c @implementation
public func tandem_commit_replicated_by(
    _ writer: OpaquePointer!, _ nanoseconds: UInt64, _ copies: UInt32
) -> Int32 {
    guard let handle = WriterHandle.at(writer) else { return Failure.missing("writer") }
    return handle.pointee.commitReplicated(within: nanoseconds, by: Int(copies))
}

@c @implementation
public func tandem_abort(_ writer: OpaquePointer!) { WriterHandle.at(writer)?.pointee.abort() }
