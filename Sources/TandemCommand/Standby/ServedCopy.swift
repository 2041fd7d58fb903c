import Tandem
import TandemCore
import TandemStandby

/// A copy as it speaks of itself, and as the standby does that serves it on this host, if one runs.
struct ServedCopy {
    enum Answer {
        /// Nobody serves it.
        case none
        /// One does, and has not answered: it is stopped, or waits for its device.
        case silent
        case report(StandbyReport)
    }

    let status: CopyStatus
    let standby: Answer

    /// A standby that hangs holds up nobody who only looks.
    private static let patience = 1

    static func read(at path: String) throws(TandemError) -> ServedCopy {
        let status = try CopyStatus.read(at: path)
        guard let client = StandbyClient(of: path, patience: patience) else {
            return ServedCopy(status: status, standby: .none)
        }
        return ServedCopy(status: status, standby: (try? client.status()).map { .report($0) } ?? .silent)
    }
}

extension StandbyReport {
    /// The last session that was opened; nil for none, and while none is taken.
    var lastSession: UInt64? { session == 0 || session == SessionFence.aboveAll ? nil : session }
}

/// The copy's keys, and six more.
extension ServedCopy: Encodable {
    private enum Key: CodingKey {
        case standbyState, standbyProcess, standbySession, standbyPeer, standbyAppliesCuts, standbyAppliedCut
    }

    func encode(to encoder: any Encoder) throws {
        try status.encode(to: encoder)
        let report: StandbyReport? = if case .report(let report) = standby { report } else { nil }
        var keys = encoder.container(keyedBy: Key.self)
        try keys.encode(report?.state.rawValue, forKey: .standbyState)
        try keys.encode(report?.process, forKey: .standbyProcess)
        try keys.encode(report?.lastSession, forKey: .standbySession)
        try keys.encode(report?.peer, forKey: .standbyPeer)
        try keys.encode(report?.appliesCuts, forKey: .standbyAppliesCuts)
        try keys.encode(report?.appliedCut, forKey: .standbyAppliedCut)
    }
}
