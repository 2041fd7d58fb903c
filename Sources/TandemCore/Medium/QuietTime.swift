/// How long nothing is asked of a server without a fence that may still perform what a lost connection had sent.
///
/// A server that answers runs, and what it has in its buffers it performs as it runs: so its time begins with its first
/// answer on a new connection, and nothing is read before it is over that could be overwritten, and nothing written.
package struct QuietTime: Sendable {
    private let nanoseconds: UInt64
    /// What a lost connection had sent may still be performed.
    package private(set) var isUnsettled: Bool
    /// When it has been; nil while the server has not answered since.
    private var end: UInt64?

    package init(nanoseconds: UInt64, isUnsettled: Bool) {
        self.nanoseconds = nanoseconds
        self.isUnsettled = isUnsettled
    }

    /// A write had no answer when its connection was lost: it may be performed at any later time.
    package mutating func noteLeft() { (isUnsettled, end) = (true, nil) }

    /// A server that is not there performs nothing either: its time begins when it answers.
    package mutating func noteUnanswered() { end = nil }

    /// A server that fences performs nothing of an earlier connection once this one is there.
    package mutating func noteFenced() { (isUnsettled, end) = (false, nil) }

    /// The server has answered a new connection. Whether that may be used.
    package mutating func isOver(at now: UInt64) -> Bool {
        guard isUnsettled else { return true }
        let due = end ?? now + nanoseconds
        end = due
        guard now >= due else { return false }
        (isUnsettled, end) = (false, nil)
        return true
    }
}
