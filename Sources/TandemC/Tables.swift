internal import CTandem
internal import Tandem
internal import TandemCore
internal import TandemTypes

@c @implementation
public func tandem_find_table(_ source: OpaquePointer!, _ name: UnsafePointer<CChar>!) -> OpaquePointer! {
    guard let handle = SourceHandle.at(source), let name = name as UnsafePointer<CChar>? else {
        _ = Failure.missing(source == nil ? "source" : "name")
        return nil
    }
    do throws(TandemError) {
        let number = try handle.pointee.source.tableNumber(String(cString: name))
        return OpaquePointer(handle.pointee.tables.baseAddress! + number)
    } catch {
        _ = Failure.answer(error)
        return nil
    }
}

@c @implementation
public func tandem_table_at(_ source: OpaquePointer!, _ number: Int) -> OpaquePointer! {
    guard let handle = SourceHandle.at(source), handle.pointee.tables.indices.contains(number) else { return nil }
    return OpaquePointer(handle.pointee.tables.baseAddress! + number)
}

@c @implementation
public func tandem_table_name(_ table: OpaquePointer!) -> UnsafePointer<CChar>! {
    TableHandle.at(table)?.pointee.name
}

@c @implementation
public func tandem_table_capacity(_ table: OpaquePointer!) -> UInt64 {
    TableHandle.at(table).map { UInt64($0.pointee.view.layout.capacity) } ?? 0
}

@c @implementation
public func tandem_table_payload_bytes(_ table: OpaquePointer!) -> Int {
    TableHandle.at(table)?.pointee.view.layout.payloadBytes ?? 0
}

@c @implementation
public func tandem_read(
    _ table: OpaquePointer!, _ index: UInt64, _ payload: UnsafeMutableRawPointer!, _ bytes: Int
) -> Int32 {
    guard let handle = TableHandle.at(table), let payload = payload as UnsafeMutableRawPointer? else {
        return Failure.missing(table == nil ? "table" : "payload")
    }
    guard bytes == handle.pointee.view.layout.payloadBytes else { return wrongSize(bytes, handle.pointee.view) }
    do throws(TandemError) {
        try handle.pointee.view.read(Int(clamping: index), into: payload)
        return 0
    } catch { return Failure.answer(error) }
}

@c @implementation
public func tandem_prefetch(_ table: OpaquePointer!, _ index: UInt64) {
    guard let handle = TableHandle.at(table) else { return }
    handle.pointee.view.prefetch(Int(clamping: index))
}

func wrongSize(_ bytes: Int, _ table: TableView) -> Int32 {
    Failure.answer(TandemError(.wrongSize, UInt64(clamping: bytes), UInt64(table.layout.payloadBytes)))
}
