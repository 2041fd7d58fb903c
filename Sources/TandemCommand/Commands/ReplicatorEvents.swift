import Logging
import Synchronization

/// What the replicator logs, kept until the reporter shows it: the log comes on the replicator's thread, which must not
/// wait for a terminal.
final class ReplicatorEvents: Sendable {
    struct Event: Sendable {
        let at: Instant
        let level: Logger.Level
        let text: String
        /// What was true at that moment, by name; empty for what is no change of state.
        let facts: [String: String]

        var style: Terminal.Style {
            switch level {
            case .warning: .yellow
            case .error, .critical: .red
            default: .green
            }
        }
    }

    private let events = Mutex<[Event]>([])

    var logger: Logger { Logger(label: "tandem.replicator") { _ in Handler(events: self) } }

    func take() -> [Event] {
        events.withLock { events in
            defer { events = [] }
            return events
        }
    }

    private struct Handler: LogHandler {
        let events: ReplicatorEvents
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        init(events: ReplicatorEvents) { self.events = events }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let noted = Event(
                at: .now, level: event.level, text: "\(event.message)",
                facts: (event.metadata ?? [:]).mapValues { "\($0)" })
            events.events.withLock { $0.append(noted) }
        }
    }
}
