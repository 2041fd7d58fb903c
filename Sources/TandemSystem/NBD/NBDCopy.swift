internal import Glibc
internal import Synchronization
package import TandemCore

/// A copy on a server's export: connected to, examined, laid out and caught up. Everything here waits for the server,
/// each answer for as long as `SilenceLimit` says; so it runs on a thread that may wait.
///
/// *Threads:* one at a time; the driver hands it over.
package final class NBDCopy: CopyMedium {
    package let address: NBDAddress
    /// What the last failure was in full, for the log.
    package private(set) var lastFailure: NBDFailure?

    let layout: FileLayout
    let checksum: Checksum
    private let sessions: NBDSessions
    /// The number of a session that no standby has taken yet: it is asked for again. With a higher one each time, a
    /// source that is behind would overtake the one that is ahead of it.
    private var untaken: UInt64?
    private let access: NBDAccess
    private let security: NBDAccess.Security
    private(set) var connection: NBDConnection?
    private var window = NBDWindow()
    /// What the standby that it is connected to has said of itself.
    private var flags: UInt64 = 0
    private var quiet: QuietTime
    private let cancelled = Atomic(false)

    /// - Parameter isUnsettled: an earlier replicator may have left writes with the server.
    /// - Throws: for an address that cannot be meant, and where it may not be gone to as `access` says.
    package init(
        _ address: NBDAddress, access: NBDAccess, layout: FileLayout, checksum: Checksum, sessions: NBDSessions,
        isUnsettled: Bool
    ) throws(TandemError) {
        self.address = address
        self.access = access
        self.layout = layout
        self.checksum = checksum
        self.sessions = sessions
        quiet = QuietTime(nanoseconds: access.quietNanoseconds, isUnsettled: isUnsettled)
        security = try access.security(for: address)
    }

    /// What the server is like, as far as it matters to whoever relies on the copy; nil while there is none.
    var description: String? {
        guard let export = connection?.export else { return nil }
        let way = export.isEncrypted ? "NBD over TLS" : address.isLocal ? "NBD" : "NBD, not encrypted"
        let seconds = access.quietNanoseconds / 1_000_000_000
        if export.session > 0 {
            let does = appliesArrivals ? "fences, and applies what arrives" : "fences"
            return way + ", a standby that \(does): session \(export.session)"
        }
        return way + ", a server without a fence: after a lost connection it is given \(seconds) s"
    }

    /// What a lost connection had sent may still be performed.
    var isUnsettled: Bool { quiet.isUnsettled }

    /// The server performs nothing of ours once a newer session, or a promotion, has begun.
    var isFenced: Bool { (connection?.export.session ?? 0) > 0 }

    // MARK: Life

    package func probe() throws(CopyFailure) -> CopyExamination {
        close()
        let connection: NBDConnection
        do throws(CopyFailure) {
            connection = try dial(.writing { self.nextSession() })
            untaken = nil
        } catch {
            guard error.kind == .inUse else {
                // It may have been taken, and the answer lost.
                untaken = nil
                throw error
            }
            return try look(after: error)
        }
        if let reason = connection.export.refusal(address, copyBytes: layout.copyBytes) {
            connection.end()
            return .foreign(reason)
        }
        self.connection = connection
        do throws(CopyFailure) {
            try settle(connection)
            // What is found here is said to be on the copy.
            try synchronize()
            let found = try CopyExaminer.examine(self, expected: layout, path: address.text, checksum: checksum)
            switch found {
            case .foreign, .misfit: close()
            case .copy, .blank, .locked: break
            }
            return found
        } catch {
            close()
            throw error
        }
    }

    package func format(_ slot: StateSlot) throws(CopyFailure) {
        let header = CopyFormatter.header(layout: layout, slot: slot, checksum: checksum)
        try header.withBytes { bytes throws(CopyFailure) in try write(bytes, at: 0) }
        try synchronize()
    }

    /// An export cannot be given another's name.
    package func formatBeside(_ slot: StateSlot) throws(CopyFailure) {
        throw noted(NBDFailure(.refused, errno: EOPNOTSUPP, "an export cannot take another one's place"))
    }

    package func publishRebuild() throws(CopyFailure) { throw CopyFailure(.refused, errno: EINVAL) }

    package func watch() throws(CopyFailure) {
        guard let connection else { throw CopyFailure(.notFound) }
        connection.look()
        if connection.isLost { throw lost(connection) }
    }

    package func close() {
        guard let connection else { return }
        connection.end()
        noteLost(connection)
        self.connection = nil
        flags = 0
        window.clear()
    }

    private func nextSession() -> (number: UInt64, words: String) {
        let number = untaken ?? sessions.next()
        untaken = number
        let session = ExportName.Session(
            number: number, generation: sessions.life.generation, byteCount: layout.copyBytes)
        return (number, ExportName(name: address.name, session: session).text)
    }

    /// A standby takes no session of this source. It shows its copy to whoever only looks: one that was promoted has
    /// taken over from this source.
    private func look(after refusal: CopyFailure) throws(CopyFailure) -> CopyExamination {
        let connection = try dial(.looking)
        self.connection = connection
        defer { close() }
        guard
            let slot = CopyExaminer.newestSlot(of: self, expected: layout, path: address.text, checksum: checksum)
        else { throw refusal }
        if goesAbove(slot, connection.export) {
            let shown = connection.export.sessionShown ?? 0
            untaken = sessions.next(above: SessionNumber.highest([slot.session, shown]))
        }
        if slot.ancestors.isEmpty { throw refusal }
        return .locked(slot)
    }

    /// Whether the sessions that refused this source's are to be gone above. Those of an ancestor's copy are older than
    /// this source, whatever their numbers. A source that does not know its number any more does not know of any that
    /// it is older. And one that was put back has been told to overwrite what is newer, but not who is writing it.
    private func goesAbove(_ slot: StateSlot, _ export: NBDExport) -> Bool {
        switch sessions.life.kin(slot.life) {
        case .ancestor: true
        case .same: sessions.isLost || sessions.adopts && export.isFree
        default: sessions.isLost
        }
    }

    private func dial(_ purpose: NBDDialer.Purpose) throws(CopyFailure) -> NBDConnection {
        do throws(NBDFailure) {
            return try NBDDialer(address: address, security: security, purpose: purpose).dial { isCancelled }
        } catch {
            // One that is not there performs nothing either: its time begins when it answers.
            quiet.noteUnanswered()
            throw noted(error)
        }
    }

    /// A server that fences performs nothing of an earlier connection once this one is there. Another may, at once
    /// usually, but not before it runs: so it is given its time.
    private func settle(_ connection: NBDConnection) throws(CopyFailure) {
        if connection.export.session > 0 {
            try checkSession(connection)
            quiet.noteFenced()
        }
        guard quiet.isOver(at: MonotonicClock.now()) else {
            throw noted(NBDFailure(.unsettled, "what a lost connection had sent may still be performed"))
        }
    }

    /// The page behind the copy's end says whose session this is: then nothing of an earlier one can be performed.
    private func checkSession(_ connection: NBDConnection) throws(CopyFailure) {
        var page = [UInt8](repeating: 0, count: ControlPage.byteCount)
        if connection.export.bytes >= controlOffset + page.count {
            try page.withMutableBytes { raw throws(CopyFailure) in
                try perform([.read(raw.baseAddress!, count: raw.count, offset: controlOffset)])
            }
        }
        guard let control = control(page) else {
            throw noted(NBDFailure(.unsettled, "the standby does not show session \(connection.export.session)"))
        }
        flags = control.flags
    }

    var controlOffset: Int { ControlPage.offset(behind: layout.copyBytes) }

    /// What a standby's control page says; nil where it is another session's, or no control page.
    func control(_ page: [UInt8]) -> ControlPage? {
        guard let control = ControlPage(bytes: page), control.session == connection?.export.session else { return nil }
        return control
    }

    /// What it left with the server may be performed at any later time.
    private func noteLost(_ connection: NBDConnection) {
        if connection.leftWrites { quiet.noteLeft() }
    }

    package var abilities: MediumAbilities { MediumAbilities(content: content, appliesArrivals: appliesArrivals) }

    /// A standby works digests out. All of it over the network, to compare it, would be no less than to write it.
    package var content: ContentAccess {
        let digests = ControlPage.digests(behind: layout.copyBytes)
        guard flags & ControlPage.hasDigests != 0, let connection, connection.export.bytes >= digests.upperBound else {
            return .none
        }
        return .digests(offset: digests.lowerBound)
    }

    private var appliesArrivals: Bool { flags & ControlPage.appliesArrivals != 0 }

    // MARK: Bytes

    /// What lies behind a copy on a larger export is nobody's.
    package var count: Int { min(connection?.export.bytes ?? 0, layout.copyBytes) }

    package func read(into destination: UnsafeMutableRawBufferPointer, at offset: Int) throws(CopyFailure) {
        guard offset >= 0, destination.count <= count - offset else { throw CopyFailure(.inputOutput, errno: EIO) }
        try window.read(into: destination, at: offset, of: count) { bytes, start throws(CopyFailure) in
            try perform([.read(bytes.baseAddress!, count: bytes.count, offset: start)])
        }
    }

    package func write(_ source: UnsafeRawBufferPointer, at offset: Int) throws(CopyFailure) {
        guard let bytes = source.baseAddress else { return }
        guard offset >= 0, source.count <= count - offset else { throw CopyFailure(.noSpace, errno: ENOSPC) }
        window.clear()
        try perform([.write(bytes, count: source.count, offset: offset)])
    }

    /// Told apart from other failures, so that nobody flushes again and believes it.
    private func synchronize() throws(CopyFailure) {
        do throws(CopyFailure) { try perform([.flush]) } catch {
            throw error.kind == .disconnected || error.kind == .late
                ? error : CopyFailure(.flushFailed, errno: error.errno)
        }
    }

    /// Performs all of them at once, and waits for the last.
    func perform(_ requests: [NBDConnection.Request]) throws(CopyFailure) {
        guard let connection else { throw CopyFailure(.notFound, errno: EBADF) }
        var unanswered = Set(requests.map(connection.submit))
        var failure: Int32 = 0
        while true {
            for answer in connection.takeAnswers() {
                unanswered.remove(answer.number)
                if failure == 0 { failure = answer.error }
            }
            if unanswered.isEmpty { break }
            if isCancelled { connection.breakOff(ECANCELED) }
            connection.wait(nanoseconds: 20_000_000)
        }
        if failure != 0 { throw failed(connection, failure) }
    }

    // MARK: Failures

    /// What became of a request, as controllers see it.
    func failed(_ connection: NBDConnection, _ error: Int32) -> CopyFailure {
        if connection.isLost { return lost(connection) }
        return noted(NBDFailure(NBDFailure.kind(ofReply: error), errno: error, "the server answers with an error"))
    }

    private func lost(_ connection: NBDConnection) -> CopyFailure {
        noteLost(connection)
        let isSilent = connection.lostBecause == ETIMEDOUT
        return noted(
            NBDFailure(
                isSilent ? .late : .disconnected, errno: isSilent ? 0 : connection.lostBecause,
                isSilent ? "the server is silent" : "the connection was lost"))
    }

    private func noted(_ failure: NBDFailure) -> CopyFailure {
        lastFailure = failure
        return failure.copyFailure
    }

    /// Whoever waits here gives up. From any thread.
    func cancel() { cancelled.store(true, ordering: .relaxed) }
    private var isCancelled: Bool { cancelled.load(ordering: .relaxed) }
}
