internal import TandemSystem

/// How a replicator runs.
public struct ReplicationOptions: Sendable {
    /// How the copy is written.
    public enum IO: String, Sendable, CaseIterable {
        /// io_uring where the kernel lets it, else `pwrite`, saying why.
        case auto
        /// io_uring, or an error that names what blocks it.
        case uring
        /// `pwrite`, one call after the other.
        case pwrite
    }

    /// Whether a copy on a disk or a block device is written past the page cache.
    public enum Direct: String, Sendable, CaseIterable {
        /// Where its file system or device lets it, else through the page cache, saying why. With `pwrite` through it.
        case auto
        /// Past the page cache, or the copy is refused, with what is in the way.
        case on
        /// Through the page cache.
        case off
    }

    /// Threads that read and seal page images beside the one that `run` is called on.
    public enum Lanes: Sendable, Hashable {
        /// One where there are three processors or more, so that one is left beside the replicator and a writer.
        /// Else none.
        case auto
        /// 0 to 16. 0: the replicator's own thread does it.
        case exactly(Int)
    }

    /// A cut counts only when it has been flushed: for copies on disks that must survive a power cut. Costs a flush a
    /// cut.
    public var durable = false
    /// Least time between two cuts, 10 µs to 10 s. Shorter makes the copy younger and each hot record's copying more
    /// frequent. After a large cut, of which nobody waits for the next, it is 0.5 µs for each of its records, up to
    /// 2 ms: its writers have to fetch them back.
    public var cutInterval = Duration.microseconds(200)
    /// Where the copy must not get older than this, 5 ms to a minute, writers that change more than it can carry are
    /// held back: as much as it takes, at most 50 µs in each transaction. Nil: they never are, and the copy gets as old
    /// as it gets, which `SourceStatus.behind` tells.
    public var maxAge: Duration?
    /// Processor to run on. Nil: wherever the scheduler likes.
    public var cpu: Int?
    /// How many lanes. They give way (nice 10): where a writer wants their processor the replicator's own thread does
    /// what they would have done.
    public var lanes = Lanes.auto
    /// Processors that lanes run on, in turn. None: wherever the scheduler likes, but not on `cpu`.
    public var laneCPUs: [Int] = []
    /// The driver. `.auto` never fails for want of io_uring; `.uring` does, naming the rule that blocks it.
    public var io = IO.auto
    /// Whether images of pages, and with `durable` all of the copy, are written past the page cache. A bulk copy to a
    /// disk takes 0.6 of the time then.
    public var direct = Direct.auto
    /// Overwrite a copy that holds cuts which this source lacks, as one of the two was put back from a backup, or the
    /// copy was ahead of the one that was promoted, or may have been. What only that copy has is lost.
    public var adopts = false
    /// Bytes a second at which the tables of a copy in sync are read, over and over, and each record's seal is looked
    /// at: what a stranger or the device has damaged there is written again. 0: never; then only `check`, `verify` and
    /// a promotion look.
    public var scrubBytesPerSecond = 8 << 20
    /// When everything has to be copied anew, keep the old whole copy until the new one is whole, if there is space for
    /// both.
    public var rebuildsBeside = true

    /// For a copy on a server over TLS: a file with the key that both sides have, `user:hexadecimal digits`, as psktool
    /// writes it. Nobody but its owner may be able to read it.
    public var secret: String?
    /// The same by certificates: a folder with `ca-cert.pem`, whose signature the server's has to bear for its host's
    /// name, and with `client-cert.pem` and `client-key.pem` where the server asks for them.
    public var certificates: String?
    /// Lets a copy go over a network without encryption, where everybody on the way can read and change it.
    public var allowsPlaintext = false
    /// How long a server that cannot fence is given, after a connection was lost, to perform what was sent to it: until
    /// then the copy is not written to. 0 to 10 minutes.
    public var quietTime = Duration.seconds(10)

    /// A copy that is 200 µs behind, not flushed at every cut, written as the kernel allows.
    public init() {}

    package func validate() throws(TandemError) -> UInt64 {
        guard cutInterval >= .microseconds(10), cutInterval <= .seconds(10) else {
            throw TandemError(
                .badArgument, "cut interval", "\(cutInterval) is not possible", remedy: "Use 10us to 10s")
        }
        guard (0 ... 1 << 40).contains(scrubBytesPerSecond) else {
            throw TandemError(
                .badArgument, "scrub rate", "\(scrubBytesPerSecond) bytes a second are not possible",
                remedy: "Use up to 1 TiB, or 0 for never")
        }
        if let maxAge, maxAge < .milliseconds(5) || maxAge > .seconds(60) {
            throw TandemError(.badArgument, "max age", "\(maxAge) is not possible", remedy: "Use 5ms to 60s")
        }
        if case .exactly(let count) = lanes, !(0 ... 16).contains(count) {
            throw TandemError(.badArgument, "lanes", "\(count) are not possible", remedy: "Use 0 to 16, or auto")
        }
        if let cpu = laneCPUs.first(where: { !(0 ..< 1024).contains($0) }) {
            throw TandemError(
                .badArgument, "processor \(cpu)", "there is none", remedy: "Give the lanes' processors by number")
        }
        guard quietTime >= .zero, quietTime <= .seconds(600) else {
            throw TandemError(
                .badArgument, "quiet time", "\(quietTime) is not possible", remedy: "Use 0s to 600s")
        }
        return cutInterval.nanoseconds
    }

    /// How many lanes there are to be.
    var laneCount: Int {
        switch lanes {
        case .auto: CurrentThread.processorCount > 2 ? 1 : 0
        case .exactly(let count): count
        }
    }

    func access() -> NBDAccess {
        var access = NBDAccess()
        access.secret = secret
        access.certificates = certificates
        access.allowsPlaintext = allowsPlaintext
        access.quietNanoseconds = quietTime.nanoseconds
        return access
    }

    /// What means nothing for a file is a mistake: the address may lack its scheme.
    func refuseServerOptions() throws(TandemError) {
        guard secret != nil || certificates != nil || allowsPlaintext else { return }
        let option = secret != nil ? "--secret" : certificates != nil ? "--certificates" : "--insecure"
        throw TandemError(
            .badArgument, option, "the copy is a file, not a server's export",
            remedy: "Leave it away, or write the copy's address: nbds://HOST/NAME")
    }
}
