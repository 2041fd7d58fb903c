import Logging
import Synchronization

/// What a replicator told the log.
final class LogLines: Sendable {
    private let lines = Mutex<[(level: Logger.Level, text: String)]>([])

    var logger: Logger { Logger(label: "test") { _ in Handler(sink: self) } }

    fileprivate func add(_ level: Logger.Level, _ text: String) { lines.withLock { $0.append((level, text)) } }

    /// The first line at this level or above.
    func first(at level: Logger.Level) -> String? { lines.withLock { $0.first { $0.level >= level }?.text } }

    var all: [String] { lines.withLock { $0.map(\.text) } }

    private struct Handler: LogHandler {
        let sink: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        init(sink: LogLines) { self.sink = sink }

        func log(event: LogEvent) { sink.add(event.level, "\(event.message)") }
    }
}
