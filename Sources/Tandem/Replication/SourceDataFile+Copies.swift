internal import Glibc
internal import TandemCore
public import TandemTypes
internal import TandemSystem

/// Copies come and go while a replicator runs, in this process or another one.
extension SourceDataFile {
    /// Has the replicator that runs follow one copy more, with the options that it was given.
    ///
    /// - Parameters:
    ///   - path: as `Replicator` takes it. One from the current directory on is the replicator's by its full name.
    ///   - limit: how long to wait for the replicator's answer; not for the copy to be in sync.
    /// - Throws: `.badArgument` for a path that it follows already, and beyond eight; `.unavailable` when no replicator
    ///   runs, or it does not answer; `.inUse` while another program asks something; what making a replicator throws.
    ///
    /// *Threads:* any. *Crash:* the replicator has done it or not; ask again.
    public func attach(copy path: String, within limit: Duration = .seconds(10)) throws(TandemError) {
        try ask(.attach, path: Self.absolute(path), within: limit)
    }

    /// Has the replicator that runs follow a copy no more. It stays as it is, can be promoted if it could before, and
    /// what it misses from now on is remembered.
    ///
    /// - Parameters:
    ///   - path: the copy's, as `SourceStatus` shows it, or where its file is now.
    ///   - limit: how long to wait for the answer, which comes when nothing is under way to the copy any more.
    /// - Throws: `.badArgument` for a copy that it does not follow, and for its only one; else as `attach`.
    ///
    /// *Threads:* any. *Crash:* as `attach`.
    public func detach(copy path: String, within limit: Duration = .seconds(10)) throws(TandemError) {
        try ask(.detach, copy: known(path).copy, within: limit)
    }

    /// What a copy misses is remembered no more, and its place can be another's. Should it come back, it is refused, as
    /// nobody can tell any more whether it holds something that the source lacks.
    ///
    /// - Parameter path: the copy's, as `SourceStatus` shows it, or where its file is now.
    /// - Throws: `.badArgument` for a copy that is followed, or not known; else as `attach`. No replicator need run.
    ///
    /// *Threads:* any. *Crash:* as `attach`.
    public func forget(copy path: String, within limit: Duration = .seconds(10)) throws(TandemError) {
        let copy = try known(path)
        guard let lock = try SlotLock.tryAcquire(file: file, byte: layout.lockByteOfEngine) else {
            return try ask(.forget, copy: copy.copy, within: limit)
        }
        withExtendedLifetime(lock) { copy.forget() }
    }

    func known(_ path: String) throws(TandemError) -> RuntimeArea {
        if let found = CopyPlaces.copy(at: path, in: self) { return found }
        if let found = CopyPlaces.copy(at: try Self.absolute(path), in: self) { return found }
        throw TandemError(
            .badArgument, path, "\(self.path) knows no copy there", remedy: "`tandem status` shows those that it knows")
    }

    private static func absolute(_ path: String) throws(TandemError) -> String {
        if path.hasPrefix("/") || NBDAddress.isAddress(path) { return path }
        guard let here = getcwd(nil, 0) else {
            throw TandemError(
                .unavailable, path, "the current directory has no name", remedy: "Give the full path", errno: errno)
        }
        defer { free(here) }
        return "\(String(cString: here))/\(path)"
    }

    // MARK: Asking

    /// - Parameter duration: what is asked for may take so long.
    func ask(
        _ kind: ReplicatorRequest.Kind, copy: Int = 0, path: String = "", duration: Duration = .zero,
        within limit: Duration
    ) throws(TandemError) {
        try CopyPlaces.checkLength(of: path)
        guard let lock = try SlotLock.tryAcquire(file: file, byte: layout.lockByteOfRequest) else {
            throw TandemError(
                .inUse, self.path, "another program is asking something of its replicator", remedy: "Try again")
        }
        defer { withExtendedLifetime(lock) {} }
        try checkReplicator()
        let request = area.request
        // Whoever asked before has given up, or was answered.
        request.state.store(ReplicatorRequest.State.nothing.rawValue)
        request.kind.store(kind.rawValue)
        request.copy.store(UInt64(copy))
        request.path.storeText(path)
        request.nanoseconds.store(duration.nanoseconds)
        // Release: what is asked is whole before it is seen.
        request.state.storeReleasing(ReplicatorRequest.State.asked.rawValue)
        try awaitAnswer(request, until: MonotonicClock.now() &+ limit.nanoseconds)
    }

    private func awaitAnswer(_ request: ReplicatorRequest, until end: UInt64) throws(TandemError) {
        while true {
            // Acquire: the answer is read behind it.
            let state = request.state.loadAcquiring()
            if state == ReplicatorRequest.State.answered.rawValue { return try request.result() }
            // A replicator that begins finds no request, and whoever scribbles may have taken this one away.
            guard state == ReplicatorRequest.State.asked.rawValue else { throw unanswered }
            if MonotonicClock.now() >= end, giveUp(request) { throw unanswered }
            do throws(TandemError) { try checkReplicator() } catch {
                if giveUp(request) { throw error }
            }
            Pause.milliseconds(1)
        }
    }

    private var unanswered: TandemError {
        TandemError(
            .unavailable, path, "its replicator has not answered",
            remedy: "`tandem status` shows whether a copy hangs, and whether it was done; try again")
    }

    /// False: it has just been answered.
    private func giveUp(_ request: ReplicatorRequest) -> Bool {
        request.state.compareExchange(
            ReplicatorRequest.State.asked.rawValue, ReplicatorRequest.State.nothing.rawValue)
    }

    private func checkReplicator() throws(TandemError) {
        guard try SlotLock.isHeld(file: file, byte: layout.lockByteOfEngine) else {
            throw TandemError(
                .unavailable, path, "no replicator follows it",
                remedy: "Start one: `tandem replicate \(path) --to …`")
        }
    }
}

extension ReplicatorRequest {
    fileprivate func result() throws(TandemError) {
        let code = error.load()
        guard code != 0 else { return }
        // As anybody may have written it: a number that is no code means the least.
        throw TandemError(
            UInt16(exactly: code).map { TandemError.Code(rawValue: $0) } ?? .unavailable, subject.loadText(),
            problem.loadText(), remedy: remedy.loadText())
    }
}
