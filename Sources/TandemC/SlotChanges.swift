public import CTandem
internal import Tandem
internal import TandemTables
internal import TandemTypes

// What is changed in a transaction, and read in one.

/// Changes a table in the transaction under way; a table that is NULL is a failure of it.
@inline(__always)
private func change(
    _ writer: OpaquePointer?, _ slots: OpaquePointer?,
    _ body: (borrowing SlotsHandle, Int?, inout Transaction) throws(TandemError) -> Int32
) -> Int32 {
    guard let table = SlotsHandle.at(slots) else { return missing(writer, "slots") }
    guard let handle = WriterHandle.at(writer) else { return Failure.missing("writer") }
    let partition = handle.pointee.partition
    return handle.pointee.change { transaction throws(TandemError) in try body(table.pointee, partition, &transaction) }
}

private func missing(_ writer: OpaquePointer?, _ argument: String) -> Int32 {
    guard let handle = WriterHandle.at(writer) else { return Failure.missing("writer") }
    return handle.pointee.refuse(TandemError(.badArgument, argument, "it is NULL", remedy: "Give one"))
}

private func put(
    _ writer: OpaquePointer?, _ slots: OpaquePointer?, _ key: UnsafeRawBufferPointer?, _ payload: UnsafeRawPointer?,
    _ handle: UnsafeMutablePointer<tandem_handle>?, replaces: Bool
) -> Int32 {
    guard let key, let payload else { return missing(writer, key == nil ? "key" : "payload") }
    return change(writer, slots) { table, partition, transaction throws(TandemError) in
        let placed = try table.keys.insert(key, payload, replaces: replaces, in: &transaction, near: partition)
        handle?.pointee = placed.handle.rawValue
        if case .present = placed { return Failure.present }
        return 0
    }
}

@c @implementation
public func tandem_insert(
    _ writer: OpaquePointer!, _ slots: OpaquePointer!, _ key: UnsafeRawPointer!, _ key_bytes: Int,
    _ payload: UnsafeRawPointer!, _ handle: UnsafeMutablePointer<tandem_handle>!
) -> Int32 { put(writer, slots, keyBytes(key, key_bytes), payload, handle, replaces: false) }

@c @implementation
public func tandem_upsert(
    _ writer: OpaquePointer!, _ slots: OpaquePointer!, _ key: UnsafeRawPointer!, _ key_bytes: Int,
    _ payload: UnsafeRawPointer!, _ handle: UnsafeMutablePointer<tandem_handle>!
) -> Int32 { put(writer, slots, keyBytes(key, key_bytes), payload, handle, replaces: true) }

@c @implementation
public func tandem_hold_key(
    _ writer: OpaquePointer!, _ slots: OpaquePointer!, _ key: UnsafeRawPointer!, _ key_bytes: Int
) -> UnsafeMutableRawPointer! {
    var held: UnsafeMutableRawPointer?
    guard let key = keyBytes(key, key_bytes) else {
        _ = missing(writer, "key")
        return nil
    }
    _ = change(writer, slots) { table, _, transaction throws(TandemError) in
        held = try table.keys.hold(key, in: &transaction)
        return 0
    }
    return held
}

@c @implementation
public func tandem_hold_handle(
    _ writer: OpaquePointer!, _ slots: OpaquePointer!, _ handle: tandem_handle
) -> UnsafeMutableRawPointer! {
    var held: UnsafeMutableRawPointer?
    _ = change(writer, slots) { table, _, transaction throws(TandemError) in
        held = try table.slots.hold(RecordHandle(rawValue: handle), in: &transaction)
        return 0
    }
    return held
}

@c @implementation
public func tandem_remove_key(
    _ writer: OpaquePointer!, _ slots: OpaquePointer!, _ key: UnsafeRawPointer!, _ key_bytes: Int
) -> Int32 {
    guard let key = keyBytes(key, key_bytes) else { return missing(writer, "key") }
    return change(writer, slots) { table, _, transaction throws(TandemError) in
        try table.keys.remove(key, in: &transaction) ? 0 : Failure.absent
    }
}

@c @implementation
public func tandem_remove_handle(
    _ writer: OpaquePointer!, _ slots: OpaquePointer!, _ handle: tandem_handle
) -> Int32 {
    change(writer, slots) { table, _, transaction throws(TandemError) in
        let name = RecordHandle(rawValue: handle)
        guard let keyed = table.keyed else {
            return try table.slots.release(name, in: &transaction) ? 0 : Failure.absent
        }
        return try keyed.remove(name, in: &transaction) ? 0 : Failure.absent
    }
}

@c @implementation
public func tandem_allocate(
    _ writer: OpaquePointer!, _ slots: OpaquePointer!, _ payload: UnsafeRawPointer!,
    _ handle: UnsafeMutablePointer<tandem_handle>!
) -> Int32 {
    guard let payload = payload as UnsafeRawPointer?, let handle = handle as UnsafeMutablePointer<tandem_handle>? else {
        return missing(writer, payload == nil ? "payload" : "handle")
    }
    return change(writer, slots) { table, partition, transaction throws(TandemError) in
        guard table.keyed == nil else { throw table.hasKeys }
        handle.pointee = try table.slots.allocate(payload, in: &transaction, near: partition).rawValue
        return 0
    }
}

@c @implementation
public func tandem_set_deadline(
    _ writer: OpaquePointer!, _ slots: OpaquePointer!, _ handle: tandem_handle, _ deadline: UInt64
) -> Int32 {
    change(writer, slots) { table, _, transaction throws(TandemError) in
        let isThere = try table.slots.setDeadline(
            RecordHandle(rawValue: handle), to: deadline, in: &transaction)
        return isThere ? 0 : Failure.absent
    }
}

@c @implementation
public func tandem_prefer_partition(_ writer: OpaquePointer!, _ partition: UInt32) {
    WriterHandle.at(writer)?.pointee.partition = Int(partition)
}

@c @implementation
public func tandem_find_within(
    _ writer: OpaquePointer!, _ slots: OpaquePointer!, _ key: UnsafeRawPointer!, _ key_bytes: Int,
    _ payload: UnsafeMutableRawPointer!, _ handle: UnsafeMutablePointer<tandem_handle>!
) -> Int32 {
    guard let own = WriterHandle.at(writer) else { return Failure.missing("writer") }
    guard let table = SlotsHandle.at(slots), let bytes = keyBytes(key, key_bytes) else {
        return Failure.missing(slots == nil ? "slots" : "key")
    }
    do throws(TandemError) {
        return table.pointee.find(bytes, as: try own.pointee.owner(in: table.pointee.slots), payload, handle)
    } catch { return Failure.answer(error) }
}

@c @implementation
public func tandem_read_handle_within(
    _ writer: OpaquePointer!, _ slots: OpaquePointer!, _ handle: tandem_handle,
    _ entry: UnsafeMutablePointer<tandem_entry>!, _ key: UnsafeMutableRawPointer!, _ payload: UnsafeMutableRawPointer!
) -> Int32 {
    guard let own = WriterHandle.at(writer) else { return Failure.missing("writer") }
    guard let table = SlotsHandle.at(slots) else { return Failure.missing("slots") }
    do throws(TandemError) {
        return table.pointee.read(handle, as: try own.pointee.owner(in: table.pointee.slots), entry, key, payload)
    } catch { return Failure.answer(error) }
}
