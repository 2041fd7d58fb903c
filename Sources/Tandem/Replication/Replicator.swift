public import Logging
internal import TandemCore
public import TandemTypes

/// Follows one source with one copy or several, on the thread that calls `run`.
///
/// In production it is a process of its own (`tandem replicate`): a process with a write stuck in a hung device cannot
/// even be killed, and that must never be the call processor. One per source at a time; the lock on it tells.
///
/// *Threads:* one. *Crash:* the next replicator goes on where this one was; the copy stays promotable if it was.
public final class Replicator {
    // A reference, as the engine's size would otherwise be compiled into every program that makes a replicator.
    private let loop: ReplicationLoop

    /// - Parameter copy: a file (existing copy, empty, or not there yet) or a block device.
    /// - Throws: `.inUse` when the source has a replicator already, `.badArgument`, `.unavailable`.
    public init(
        source: SourceDataFile, copy path: String, options: ReplicationOptions = ReplicationOptions(),
        logger: Logger = Logger(label: "tandem.replicator")
    ) throws(TandemError) {
        loop = try ReplicationLoop(source: source, copies: [path], options: options, logger: logger)
    }

    /// Several copies, up to eight, of which none waits for another: each is as young as it would be alone.
    ///
    /// - Parameter paths: of each copy one; as `copy`.
    /// - Throws: as for one; `.badArgument` too for none, more than eight, and a path that is given twice. A source
    ///   knows eight copies, there or not: a further one takes the place of the one that was followed the longest ago,
    ///   and the log says so.
    public init(
        source: SourceDataFile, to paths: [String], options: ReplicationOptions = ReplicationOptions(),
        logger: Logger = Logger(label: "tandem.replicator")
    ) throws(TandemError) {
        loop = try ReplicationLoop(source: source, copies: paths, options: options, logger: logger)
    }

    /// Which driver writes the first copy, and why.
    public var driverDescription: String { driverDescriptions[0] }
    /// The same of each copy.
    public var driverDescriptions: [String] { loop.copies.map(\.driverDescription) }

    /// Looks at each copy for the first time, and lays it out if there is none yet. Without it `run` does so, and looks
    /// at a copy that it refuses again now and then.
    ///
    /// - Throws: why a file is refused, and left as it is: a source, a foreign file, another source's copy, a
    ///   directory. `.superseded` when it has taken over from this source. What may get better by itself is no error.
    public func admit() throws(TandemError) { try loop.admit() }

    /// Polls the engine until `shouldStop` says so; looked at between two polls, so within some milliseconds.
    public func run(until shouldStop: () -> Bool) { loop.run(until: shouldStop) }

    /// One duty cycle, for programs with a loop of their own.
    public func step() { loop.step() }
}
