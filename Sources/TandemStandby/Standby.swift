import Synchronization
import TandemCore
import TandemSystem
import TandemTypes

/// A copy that a replicator on another host writes: who may, what, and what is answered. What the connections are made
/// of is somebody else's: nbdkit's in production.
///
/// Threads: any.
package final class Standby: @unchecked Sendable {
    package let path: String
    /// What the export is called.
    package let name: String

    /// Requests share it; openings, ends and promotions are alone.
    let lock = SharedLock()
    // Under the lock.
    var fence: SessionFence
    var file: StandbyFile?
    var holder: StandbyConnection?
    let arrivals = StandbyArrivals()
    /// The life of the source that the copy was promoted to be.
    private var promoted: Generation?
    /// What was known of the copy when a promotion began.
    private(set) var arrival: Arrival?
    /// At work. The fence is theirs until the last of them has gone.
    private var promotions = 0

    /// When digests were asked for last, by the clock that `lookAround` goes by.
    let digestsAskedAt = Atomic<UInt64>(0)

    private let told: @Sendable (StandbyEvent) -> Void

    /// - Parameter told: hears what happens, on whatever thread it does. Not to wait for anybody.
    package init(path: String, name: String, told: @escaping @Sendable (StandbyEvent) -> Void = { _ in }) {
        self.path = path
        self.name = name
        self.told = told
        let words = CopyWords(at: path)
        fence = SessionFence(highest: 0)
        fence.learn(of: words.session)
        if let slot = words.slot, slot.role == .source { close(to: slot) }
    }

    private func close(to source: StateSlot) {
        promoted = source.generation
        fence.lower(isSource: true)
    }

    func tell(_ event: StandbyEvent) { told(event) }

    /// A connection asks for an export of this name.
    package func connect(_ text: String, peer: String) throws(TandemError) -> StandbyConnection {
        do throws(TandemError) {
            let asked = try ExportName(parsing: text)
            guard asked.name.isEmpty || asked.name == name else {
                throw TandemError(
                    .notFound, "export '\(asked.name.prefix(200))'", "no copy of this name is served here",
                    remedy: "Ask for '\(name)'")
            }
            guard let session = asked.session else { return observer(peer) }
            return try lock.alone { () throws(TandemError) in try open(session, peer) }
        } catch {
            tell(.refused(peer: peer, reason: error.description))
            throw error
        }
    }

    private func observer(_ peer: String) -> StandbyConnection {
        let bytes = try? FileBytes(path: path, writable: false)
        return StandbyConnection(.observer, peer: peer, byteCount: bytes?.count ?? 0)
    }

    private func open(_ session: ExportName.Session, _ peer: String) throws(TandemError) -> StandbyConnection {
        lookAgain()
        guard fence.state != .promoted, fence.state != .promoting else { throw taken() }
        // Again, as everybody may write to what is nobody's.
        fence.learn(of: CopyWords(at: path).session)
        guard fence.mayOpen(session.number) else { throw notAbove(session.number) }
        // What is not the file of the path any more is nobody's.
        if let open = file, !open.isStillNamed { giveUp() }
        let file = if let open = self.file { open } else { try StandbyFile.open(path, byteCount: session.byteCount) }
        guard file.byteCount == session.byteCount else {
            throw TandemError(
                .wrongLength, path, "a source's copy has \(session.byteCount) bytes, and this one \(file.byteCount)",
                remedy: "Give each source a standby of its own")
        }
        try admit(session, file)
        if self.file == nil {
            do throws(CopyFailure) { try arrivals.begin(file) } catch {
                throw KernelFailure("read", path, errno: error.errno).tandemError
            }
        }
        if let old = holder { tell(.fenced(session: old.session, peer: old.peer)) }
        fence.open(session.number)
        arrivals.beginSession()
        let connection = StandbyConnection(.session(session), peer: peer, byteCount: session.byteCount)
        self.file = file
        holder = connection
        tell(.opened(session: session.number, peer: peer, generation: session.generation.description))
        return connection
    }

    private func admit(_ session: ExportName.Session, _ file: StandbyFile) throws(TandemError) {
        let slot: StateSlot?
        do throws(KernelFailure) {
            try file.forgetCache()
            slot = try CopyWords(of: file).slot
        } catch { throw error.tandemError }
        guard let slot else { return }
        if slot.role == .source {
            giveUp()
            close(to: slot)
            throw taken()
        }
        guard !slot.ancestors.contains(session.generation) else {
            throw TandemError(
                .superseded, path,
                "generation \(session.generation) was superseded by \(slot.generation), whose copy this is",
                remedy: "Make the old source a copy of the new one")
        }
    }

    /// A source that was superseded in its turn may have been made a copy where it lies. It is known by its life: a
    /// file of an earlier one, put in its place, would let an old primary in.
    private func lookAgain() {
        // A promotion that is at work has been told that no session is taken.
        guard fence.state == .promoted, promotions == 0, let slot = CopyWords(at: path).slot, slot.role != .source,
            slot.generation == promoted
        else { return }
        fence.giveBack()
    }

    private func notAbove(_ session: UInt64) -> TandemError {
        // Half of the numbers are more than any source has come to, and nobody can tell such a one from a session.
        if fence.present > SessionNumber.all.upperBound / 2 {
            return TandemError(
                .inUse, path,
                """
                session \(session) is not above session \(fence.present), a number that no replicator comes to: \
                something else has written it into the copy, or somebody who has the secret has opened it
                """,
                remedy:
                    """
                    To have everything copied anew, end 'tandem standby', take the copy away, and start it again; or \
                    promote the copy, if it is what is left
                    """)
        }
        return TandemError(
            .inUse, path, "session \(session) is not above session \(fence.present), which was here",
            remedy:
                """
                Two replicators of one source, or a source that was put back: end the older one; or, if that is the \
                one that is wanted, end the other, and start it with --adopt
                """)
    }

    /// Why no session is taken any more, or not now.
    private func taken() -> TandemError {
        guard fence.state == .promoted else {
            return TandemError(.inUse, path, "it is being promoted", remedy: "Try again when that has come to its end")
        }
        let generation = CopyWords(at: path).slot?.generation.description ?? "a generation that is not known"
        return TandemError(
            .superseded, path, "it was promoted, and is the source now, as generation \(generation)",
            remedy: "Make the old source a copy of the new one")
    }

    /// The file and its lock.
    private func giveUp() {
        if let old = holder {
            tell(.fenced(session: old.session, peer: old.peer))
            _ = fence.end(old.session)
        }
        letGo()
    }

    /// Gives the file and its lock up, with what is known of it kept.
    private func letGo() {
        if let file { arrivals.end(file) }
        holder = nil
        file = nil
    }

    /// The connection has come to its end; nothing of it is being performed.
    package func end(_ connection: StandbyConnection) {
        guard connection.isWritable else { return }
        lock.alone {
            guard fence.end(connection.session) else { return }
            letGo()
            tell(.ended(session: connection.session, peer: connection.peer))
        }
    }
}

extension Standby {
    /// When this returns nothing that a primary has sent, or will, is performed, and the file is nobody's.
    package func raiseFence() {
        lock.alone {
            promotions += 1
            giveUp()
            fence.raise()
            // Now, as whoever promotes it changes its times by having it mapped.
            arrival = arrivals.arrival(at: path)
        }
        tell(.promoting)
    }

    /// Who raised it has gone, in whatever way: the file says what became of it. Another promotion may still be at
    /// work, and was told that the file is nobody's.
    package func lowerFence() {
        let event: StandbyEvent? = lock.alone {
            promotions -= 1
            arrival = nil
            let slot = CopyWords(at: path).slot
            if let slot, slot.role == .source {
                close(to: slot)
            } else {
                guard promotions == 0 else { return nil }
                fence.lower(isSource: false)
            }
            return fence.state == .promoted ? .promoted(generation: slot?.generation.description ?? "") : .lowered
        }
        if let event { tell(event) }
    }
}
