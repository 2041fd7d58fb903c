/// Which session may write, and which may be opened. A value: whoever owns it keeps a lock over it.
/// A standby's, and that of the standbys of the simulator.
package struct SessionFence: Equatable, Sendable {
    package enum State: String, Sendable {
        /// Nobody writes.
        case free
        /// A session does.
        case held
        /// A promotion is at work: no session is taken until it has come to its end.
        case promoting
        /// The copy is a source: no session is taken for as long as it is one.
        case promoted
    }

    /// Above every session.
    package static let aboveAll = UInt64.max

    /// The highest session that was ever opened; 0: none was.
    private var highest: UInt64
    /// The session whose requests are performed.
    package private(set) var holder: UInt64?
    package private(set) var state = State.free

    /// - Parameter highest: what the copy says of sessions before this server.
    package init(highest: UInt64 = 0) { self.highest = highest }

    /// What a session must be above.
    package var present: UInt64 {
        switch state {
        case .free, .held: highest
        case .promoting, .promoted: Self.aboveAll
        }
    }

    package func admits(_ session: UInt64) -> Bool { holder == session }

    package func mayOpen(_ session: UInt64) -> Bool { session > present }

    /// From here on this session is performed, and no other.
    package mutating func open(_ session: UInt64) {
        precondition(mayOpen(session), "session \(session) is not above \(present)")
        highest = session
        holder = session
        state = .held
    }

    /// The session's connection has ended.
    ///
    /// - Returns: whether it was the one that writes; a later one's file is not given up.
    package mutating func end(_ session: UInt64) -> Bool {
        guard holder == session else { return false }
        holder = nil
        state = .free
        return true
    }

    /// A promotion begins.
    package mutating func raise() {
        holder = nil
        if state != .promoted { state = .promoting }
    }

    /// It has come to its end. A session that it fenced stays so: of its requests some were refused, and those behind
    /// them must not be performed.
    package mutating func lower(isSource: Bool) {
        if isSource {
            holder = nil
            state = .promoted
        } else if state == .promoting {
            state = .free
        }
    }

    /// The source that it was promoted to be has been made a copy again. What was fenced stays so, by its number.
    package mutating func giveBack() {
        if state == .promoted { state = .free }
    }

    /// The copy says of a session that this server has not seen.
    package mutating func learn(of session: UInt64) {
        highest = SessionNumber.highest([highest, session])
    }
}
