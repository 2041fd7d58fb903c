import Logging
import TandemSystem
import TandemTables
import TestSupport

/// A hall's copy, kept by the test's own thread.
final class Standby {
    private var replicator: Replicator?
    private let source: SourceDataFile
    let path: String

    init(_ hall: Hall) throws(TandemError) {
        source = hall.source
        path = hall.scratch.file("copy")
        var options = ReplicationOptions()
        options.io = .pwrite
        replicator = try Replicator(
            source: hall.source, copy: path, options: options,
            logger: Logger(label: "standby") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Steps until all that was committed is on the copy; false after some seconds.
    func catchUp(_ isReplicated: () -> Bool) -> Bool {
        let end = MonotonicClock.now() + 20_000_000_000
        while !isReplicated() {
            if MonotonicClock.now() > end { return false }
            replicator?.step()
        }
        return true
    }

    /// As if the source's host were lost: nobody keeps the copy any more.
    func leave() { replicator = nil }
}
