internal import CNbdkit
internal import Glibc
internal import TandemStandby
internal import TandemTypes

@c @implementation
public func standby_open(
    _ name: UnsafePointer<CChar>!, _ peer: UnsafePointer<CChar>!, _ error: UnsafeMutablePointer<Int32>!
) -> UnsafeMutableRawPointer! {
    guard let standby = theStandby() else { return nil }
    do throws(TandemError) {
        let connection = try standby.connect(String(cString: name), peer: String(cString: peer))
        return Unmanaged.passRetained(connection).toOpaque()
    } catch let refusal {
        plugin_say_error(refusal.description)
        error.pointee = refusal.code == .superseded ? ESHUTDOWN : EPERM
        return nil
    }
}

@c @implementation
public func standby_close(_ pointer: UnsafeMutableRawPointer!) {
    theStandby()?.end(Unmanaged<StandbyConnection>.fromOpaque(pointer).takeRetainedValue())
}

@c @implementation
public func standby_describe(_ pointer: UnsafeMutableRawPointer!, _ text: UnsafeMutablePointer<CChar>!, _ count: Int) {
    copy(theStandby()?.exportDescription ?? "", text, count)
}

@c @implementation
public func standby_size(_ pointer: UnsafeMutableRawPointer!) -> Int64 { Int64(connection(pointer).exportBytes) }

@c @implementation
public func standby_is_writable(_ pointer: UnsafeMutableRawPointer!) -> Int32 {
    connection(pointer).isWritable ? 1 : 0
}

@c @implementation
public func standby_read(
    _ pointer: UnsafeMutableRawPointer!, _ bytes: UnsafeMutableRawPointer!, _ count: UInt32, _ offset: UInt64
) -> Int32 {
    perform(pointer) { standby, connection throws(RequestFailure) in
        try standby.read(
            connection, into: UnsafeMutableRawBufferPointer(start: bytes, count: Int(count)),
            at: Int(clamping: offset))
    }
}

@c @implementation
public func standby_write(
    _ pointer: UnsafeMutableRawPointer!, _ bytes: UnsafeRawPointer!, _ count: UInt32, _ offset: UInt64
) -> Int32 {
    perform(pointer) { standby, connection throws(RequestFailure) in
        try standby.write(
            connection, UnsafeRawBufferPointer(start: bytes, count: Int(count)), at: Int(clamping: offset))
    }
}

@c @implementation
public func standby_zero(_ pointer: UnsafeMutableRawPointer!, _ count: UInt32, _ offset: UInt64) -> Int32 {
    perform(pointer) { standby, connection throws(RequestFailure) in
        try standby.zero(connection, Int(count), at: Int(clamping: offset))
    }
}

@c @implementation
public func standby_flush(_ pointer: UnsafeMutableRawPointer!) -> Int32 {
    perform(pointer) { standby, connection throws(RequestFailure) in try standby.flush(connection) }
}

/// nbdkit keeps what it was given until it closes it.
private func connection(_ pointer: UnsafeMutableRawPointer) -> StandbyConnection {
    Unmanaged<StandbyConnection>.fromOpaque(pointer).takeUnretainedValue()
}

private func perform(
    _ pointer: UnsafeMutableRawPointer, _ request: (Standby, StandbyConnection) throws(RequestFailure) -> Void
) -> Int32 {
    guard let standby = theStandby() else { return EIO }
    do throws(RequestFailure) {
        try request(standby, connection(pointer))
        return 0
    } catch { return error.errno }
}
