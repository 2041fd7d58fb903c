public import CTandem
internal import Tandem
internal import TandemTables
internal import TandemTypes

/// What a `tandem_wheel` points to.
struct WheelHandle: ~Copyable {
    var wheel: RawDeadlineWheel

    init(_ wheel: consuming RawDeadlineWheel) { self.wheel = wheel }

    static func at(_ pointer: OpaquePointer?) -> UnsafeMutablePointer<WheelHandle>? {
        pointer.map { UnsafeMutablePointer($0) }
    }

    /// Slots that the scan goes on by with each call.
    static let scanned = 256
}

@c @implementation
public func tandem_wheel_open(
    _ slots: OpaquePointer!, _ partitions: UnsafePointer<UInt32>!, _ count: Int, _ resolution: UInt64,
    _ wheel: UnsafeMutablePointer<OpaquePointer?>!
) -> Int32 {
    guard let out = wheel as UnsafeMutablePointer<OpaquePointer?>? else { return Failure.missing("wheel") }
    out.pointee = nil
    guard let table = SlotsHandle.at(slots), let partitions = partitions as UnsafePointer<UInt32>? else {
        return Failure.missing(slots == nil ? "slots" : "partitions")
    }
    let known = table.pointee.slots.partitionCount
    guard (1 ... known).contains(count) else {
        return Failure.answer(
            TANDEM_BAD_ARGUMENT, "partitions: \(count) of them are not possible. The table has \(known).")
    }
    let numbers = UnsafeBufferPointer(start: partitions, count: count).map { Int($0) }
    if let unknown = numbers.first(where: { $0 >= known }) {
        return Failure.answer(
            TANDEM_BAD_ARGUMENT, "partitions: there is no partition \(unknown). Use 0 to \(known - 1).")
    }
    return hand(out) { () throws(TandemError) in
        WheelHandle(
            try RawDeadlineWheel(
                table.pointee.slots, partitions: numbers,
                resolution: .nanoseconds(resolution == 0 ? 16_000_000 : Int64(clamping: resolution))))
    }
}

@c @implementation
public func tandem_wheel_close(_ wheel: OpaquePointer!) {
    WheelHandle.at(wheel)?.takeBack()
}

@c @implementation
public func tandem_wheel_note(_ wheel: OpaquePointer!, _ handle: tandem_handle, _ deadline: UInt64) {
    WheelHandle.at(wheel)?.pointee.wheel.note(RecordHandle(rawValue: handle), deadline: deadline)
}

@c @implementation
public func tandem_expire(
    _ wheel: OpaquePointer!, _ writer: OpaquePointer!, _ now: UInt64, _ due: UnsafeMutablePointer<tandem_handle>!,
    _ room: Int, _ count: UnsafeMutablePointer<Int>!
) -> Int32 {
    guard let count = count as UnsafeMutablePointer<Int>? else { return Failure.missing("count") }
    count.pointee = 0
    guard let handle = WheelHandle.at(wheel), let own = WriterHandle.at(writer) else {
        return Failure.missing(wheel == nil ? "wheel" : "writer")
    }
    guard let due = due as UnsafeMutablePointer<tandem_handle>?, room > 0 else {
        return Failure.answer(TANDEM_BAD_ARGUMENT, "due: it has no room. Give room for one handle or more.")
    }
    return own.pointee.whole { writer throws(TandemError) in
        let found = try handle.pointee.wheel.expire(
            now: now, scanning: WheelHandle.scanned, max: room, with: &writer)
        for (place, handle) in found.enumerated() { due[place] = handle.rawValue }
        count.pointee = found.count
        return 0
    }
}
