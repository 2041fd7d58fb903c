internal import TandemCore
internal import TandemSystem

/// The moments that the replicator tells of, and the one after they were read.
///
/// The clock is read last. Each word was the clock's before it was stored, and stored before it was read: so none is
/// ahead of `now`, unless somebody scribbled. Read the other way, a poll in between would be one from the future.
struct ReplicatorMoments {
    /// A replicator that polls is never silent for so long, unless it gets no processor.
    private static let silence: UInt64 = 1_000_000_000

    let now: UInt64
    private let opened: UInt64
    private let since: UInt64
    private let syncStarted: UInt64
    /// It has polled within the last second.
    let isPolling: Bool
    /// A replicator has polled at some time.
    let hasPolled: Bool

    init(of block: ReplicatorBlock) {
        opened = block[.cutOpened].loadAcquiring()
        since = block[.since].loadAcquiring()
        syncStarted = block[.syncStarted].loadAcquiring()
        let heartbeat = block[.heartbeat].loadAcquiring()
        now = MonotonicClock.now()
        hasPolled = heartbeat != 0
        // The reader may have been stopped between the two: a word that has moved meanwhile is an answer.
        isPolling = now &- heartbeat < Self.silence || block[.heartbeat].loadAcquiring() != heartbeat
    }

    /// Microseconds since the copy's state was the newest one; nil where the word makes no sense.
    var age: Double? { opened <= now ? Double(now - opened) / 1e3 : nil }
    var secondsInState: Double { seconds(since: since) }
    var bulkSeconds: Double { seconds(since: syncStarted) }

    private func seconds(since moment: UInt64) -> Double { moment <= now ? Double(now - moment) / 1e9 : 0 }
}
