public import CTandem
internal import Tandem
internal import TandemTables
internal import TandemTypes

// What is read without a transaction.

@c @implementation
public func tandem_find(
    _ slots: OpaquePointer!, _ key: UnsafeRawPointer!, _ key_bytes: Int, _ payload: UnsafeMutableRawPointer!,
    _ handle: UnsafeMutablePointer<tandem_handle>!
) -> Int32 {
    guard let table = SlotsHandle.at(slots), let bytes = keyBytes(key, key_bytes) else {
        return Failure.missing(slots == nil ? "slots" : "key")
    }
    return table.pointee.find(bytes, as: 0, payload, handle)
}

@c @implementation
public func tandem_read_handle(
    _ slots: OpaquePointer!, _ handle: tandem_handle, _ entry: UnsafeMutablePointer<tandem_entry>!,
    _ key: UnsafeMutableRawPointer!, _ payload: UnsafeMutableRawPointer!
) -> Int32 {
    guard let table = SlotsHandle.at(slots) else { return Failure.missing("slots") }
    return table.pointee.read(handle, as: 0, entry, key, payload)
}

@c @implementation
public func tandem_next(
    _ slots: OpaquePointer!, _ place: UnsafeMutablePointer<UInt64>!, _ entry: UnsafeMutablePointer<tandem_entry>!,
    _ key: UnsafeMutableRawPointer!, _ payload: UnsafeMutableRawPointer!
) -> Int32 {
    guard let table = SlotsHandle.at(slots), let place = place as UnsafeMutablePointer<UInt64>? else {
        return Failure.missing(slots == nil ? "slots" : "place")
    }
    do throws(TandemError) {
        var next = Int(clamping: place.pointee)
        let found = try table.pointee.slots.next(from: &next, key: key, record: payload)
        place.pointee = UInt64(next)
        return hand(found, to: entry)
    } catch { return Failure.answer(error) }
}

@c @implementation
public func tandem_get_fill(_ slots: OpaquePointer!, _ fill: UnsafeMutablePointer<tandem_fill>!) -> Int32 {
    guard let table = SlotsHandle.at(slots), let out = fill as UnsafeMutablePointer<tandem_fill>? else {
        return Failure.missing(slots == nil ? "slots" : "fill")
    }
    return answer(out, "fill") { () throws(TandemError) in try table.pointee.fill() }
}

@c @implementation
public func tandem_now(_ slots: OpaquePointer!) -> UInt64 { SlotsHandle.at(slots)?.pointee.slots.clock.now() ?? 0 }

extension SlotsHandle {
    func find(
        _ key: UnsafeRawBufferPointer, as owner: UInt64, _ payload: UnsafeMutableRawPointer?,
        _ handle: UnsafeMutablePointer<tandem_handle>?
    ) -> Int32 {
        do throws(TandemError) {
            guard let found = try keys.find(key, as: owner, into: payload) else { return Failure.absent }
            handle?.pointee = found.rawValue
            return 0
        } catch { return Failure.answer(error) }
    }

    func read(
        _ handle: tandem_handle, as owner: UInt64, _ entry: UnsafeMutablePointer<tandem_entry>?,
        _ key: UnsafeMutableRawPointer?, _ payload: UnsafeMutableRawPointer?
    ) -> Int32 {
        do throws(TandemError) {
            let found = try slots.read(RecordHandle(rawValue: handle), as: owner, key: key, record: payload)
            return hand(found, to: entry)
        } catch { return Failure.answer(error) }
    }

    fileprivate func fill() throws(TandemError) -> tandem_fill {
        var answer = tandem_fill()
        if let keyed {
            let fill = try keyed.fill()
            (answer.capacity, answer.count) = (UInt64(fill.capacity), UInt64(fill.count))
            answer.retired = UInt64(fill.retired)
            answer.buckets = UInt64(fill.buckets)
            answer.overflow_buckets = UInt64(fill.overflowBuckets)
            answer.overflow_buckets_used = UInt64(fill.overflowBucketsUsed)
        } else {
            (answer.capacity, answer.count) = (UInt64(slots.capacity), UInt64(try slots.count()))
            answer.retired = UInt64(try slots.retired())
        }
        answer.partitions = UInt32(slots.partitionCount)
        answer.key_bytes = UInt32(slots.keyBytesMax)
        answer.payload_bytes = UInt64(slots.recordBytes)
        return answer
    }
}

private func hand(_ found: RawSlotTable.Entry?, to entry: UnsafeMutablePointer<tandem_entry>?) -> Int32 {
    guard let found else { return Failure.absent }
    entry?.pointee = tandem_entry(
        handle: found.handle.rawValue, deadline: found.deadline, key_bytes: found.keyBytes)
    return 0
}
