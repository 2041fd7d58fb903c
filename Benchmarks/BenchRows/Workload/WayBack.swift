internal import Tandem
internal import TandemCore

/// A copy's way to being in sync: how long it took, and what was written for it.
struct WayBack {
    let milliseconds: Double
    /// Images and journal.
    let bytesWritten: Int
    /// What it lacked was found by comparing all of it.
    let isByContent: Bool

    /// From the replicator's start until the copy is in sync; then it is verified, if asked, and left.
    ///
    /// - Parameters:
    ///   - address: the copy, as a replicator is given it.
    ///   - file: the same as a file.
    ///   - verifies: compares each record, which is not timed.
    static func of(
        _ source: BenchSource, to address: String, file: String, in host: FollowerHost, verifies: Bool = false,
        into report: inout Report
    ) throws -> WayBack {
        // Whose block it gets shows when it is followed: before, the first one is the last replicator's.
        let before = source.file.area.copies.map(\.replicator).map { ($0.bytesWritten, $0.returnsByContent) }
        let follower = try Follower(source, copy: address, in: host)
        defer { follower.stop() }
        try follower.waitInSync()
        let copy = source.file.area.followed[0]
        let (words, was) = (copy.replicator, before[copy.copy])
        let way = WayBack(
            milliseconds: Double(words[.since].load() - follower.startedAt) / 1e6,
            bytesWritten: words.bytesWritten - was.0, isByContent: words.returnsByContent > was.1)
        if verifies { try source.check(file, into: &report) }
        return way
    }
}

extension ReplicatorBlock {
    fileprivate var bytesWritten: Int {
        Int(self[.imageBytes as Counter].load() + self[.journalBytes as Counter].load())
    }
    fileprivate var returnsByContent: UInt64 { self[.returnsByContent as Counter].load() }
}
