internal import CTandem
internal import Tandem
internal import TandemTables
internal import TandemTypes

/// What a `tandem_slots` points to.
struct SlotsHandle {
    let slots: RawSlotTable
    /// Nil for slots without keys.
    let keyed: RawKeyedTable?

    init(_ name: String, in source: SourceDataFile, keyBytes: Int, payloadBytes: Int) throws(TandemError) {
        guard keyBytes != 0 else {
            slots = try RawSlotTable(name, in: source, recordBytes: payloadBytes)
            keyed = nil
            return
        }
        let table = try RawKeyedTable(name, in: source, keyBytesMax: keyBytes, recordBytes: payloadBytes)
        (slots, keyed) = (table.slots, table)
    }

    @inline(__always)
    static func at(_ pointer: OpaquePointer?) -> UnsafePointer<SlotsHandle>? { pointer.map { UnsafePointer($0) } }

    /// Lengths are compared with the table's as they were given.
    static let bytesMax = 1 << 30

    /// - Throws: `.badArgument` for slots without keys.
    var keys: RawKeyedTable {
        @inline(__always)
        get throws(TandemError) {
            guard let keyed else { throw refusal("its slots have no keys", "Use handles, or make it as TANDEM_KEYED") }
            return keyed
        }
    }

    var hasKeys: TandemError { refusal("its slots have keys", "Use tandem_insert") }

    private func refusal(_ problem: String, _ remedy: String) -> TandemError {
        TandemError(.badArgument, "table '\(slots.name)'", problem, remedy: remedy)
    }
}

/// A key as C gave it; nil for none. One of more bytes than memory has is too long for every table.
@inline(__always)
func keyBytes(_ key: UnsafeRawPointer?, _ count: Int) -> UnsafeRawBufferPointer? {
    guard key != nil || count == 0 else { return nil }
    return UnsafeRawBufferPointer(start: key, count: count < 0 ? .max : count)
}

@c @implementation
public func tandem_slots_open(
    _ source: OpaquePointer!, _ name: UnsafePointer<CChar>!, _ key_bytes: Int, _ payload_bytes: Int,
    _ slots: UnsafeMutablePointer<OpaquePointer?>!
) -> Int32 {
    guard let out = slots as UnsafeMutablePointer<OpaquePointer?>? else { return Failure.missing("slots") }
    out.pointee = nil
    guard let handle = SourceHandle.at(source), let name = name as UnsafePointer<CChar>? else {
        return Failure.missing(source == nil ? "source" : "name")
    }
    guard (0 ... SlotsHandle.bytesMax).contains(key_bytes), (0 ... SlotsHandle.bytesMax).contains(payload_bytes) else {
        return Failure.answer(
            TANDEM_BAD_ARGUMENT, "a length: it is above 1 GiB. Give those of the table's keys and records.")
    }
    return hand(out) { () throws(TandemError) in
        try SlotsHandle(
            String(cString: name), in: handle.pointee.source, keyBytes: key_bytes, payloadBytes: payload_bytes)
    }
}

@c @implementation
public func tandem_slots_close(_ slots: OpaquePointer!) {
    guard let slots = slots as OpaquePointer? else { return }
    UnsafeMutablePointer<SlotsHandle>(slots).takeBack()
}
