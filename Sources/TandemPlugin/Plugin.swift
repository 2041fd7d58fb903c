internal import CNbdkit
internal import Glibc
internal import TandemStandby
internal import TandemTypes

/// What nbdkit was given, and what came of it. Written before the server has a second thread.
private struct Plugin {
    var copy = ""
    var name = ""
    var events: Int32 = -1
    var standby: Standby?
    var server: LocalServer?
}

nonisolated(unsafe) private var plugin = Plugin()

@c @implementation
public func standby_configure(_ key: UnsafePointer<CChar>!, _ value: UnsafePointer<CChar>!) -> Int32 {
    let value = String(cString: value)
    switch String(cString: key) {
    case "copy": plugin.copy = value
    case "name": plugin.name = value
    case "events":
        guard let number = Int32(value), number > 2 else { return refuse("events=\(value) is no descriptor") }
        plugin.events = number
    case let key: return refuse("'\(key)' is not known: give copy=PATH, name=NAME or events=FD")
    }
    return 0
}

@c @implementation
public func standby_configured() -> Int32 {
    guard !plugin.copy.isEmpty else { return refuse("give copy=PATH, the copy's data file") }
    if plugin.name.isEmpty { plugin.name = plugin.copy.split(separator: "/").last.map(String.init) ?? "" }
    return 0
}

private func refuse(_ problem: String) -> Int32 {
    plugin_say_error(problem)
    return EINVAL
}

@c @implementation
public func standby_start() -> Int32 {
    let sink = EventSink(descriptor: plugin.events)
    let standby = Standby(path: plugin.copy, name: plugin.name) { sink.tell($0) }
    do throws(TandemError) {
        plugin.server = try LocalServer(for: standby)
        try standby.keepLookingAround()
    } catch {
        plugin_say_error(error.description)
        return EBUSY
    }
    plugin.standby = standby
    return 0
}

@c @implementation
public func standby_stop() { plugin.server?.stop() }

@c @implementation
public func standby_export_name(_ text: UnsafeMutablePointer<CChar>!, _ count: Int) { copy(plugin.name, text, count) }

/// Where it is told what happens. Nobody waits for a reader who does not read.
private struct EventSink: Sendable {
    let descriptor: Int32

    init(descriptor: Int32) {
        self.descriptor = descriptor
        if descriptor >= 0 {
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
    }

    func tell(_ event: StandbyEvent) {
        // A line is one write, and whole as long as it is no longer than a pipe's 4,096 bytes.
        let line = Array((event.line.prefix(2000) + "\n").utf8)
        if descriptor >= 0 { _ = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } }
    }
}

func theStandby() -> Standby? { plugin.standby }

/// As a C string; what is too long is cut.
func copy(_ text: String, _ out: UnsafeMutablePointer<CChar>, _ count: Int) {
    let bytes = Array(text.utf8.prefix(count - 1))
    for (place, byte) in bytes.enumerated() { out[place] = CChar(bitPattern: byte) }
    out[bytes.count] = 0
}
