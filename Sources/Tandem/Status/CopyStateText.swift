public import TandemTypes
internal import Glibc

/// A copy's state and the reason for it, in plain words.
public struct CopyStateText: CustomStringConvertible, Sendable {
    /// Where the copy is in its life.
    public let state: CopyState
    /// What brought it there.
    public let reason: CopyReason
    /// The kernel's error number where there was one.
    public let detail: UInt64

    /// - Parameter detail: as in the source's memory; 0 where the kernel had no part in it.
    public init(state: CopyState, reason: CopyReason, detail: UInt64) {
        self.state = state
        self.reason = reason
        self.detail = detail
    }

    /// `offline (the file is not there: No such file or directory)`
    public var description: String { "\(stateWords) (\(reasonWords)\(errorWords))" }

    /// offline, syncing, in sync or refused.
    public var stateWords: String { state.words }

    /// Why, without the kernel's word for it.
    public var reasonWords: String {
        switch reason {
        case .starting: "starting"
        case .notFound: "the file is not there"
        case .inUse: "another process has it locked"
        case .noSpace: "no space left for it"
        case .inputOutput: "the device reported an error"
        case .late: "a write or flush took too long"
        case .identityChanged: "the file was replaced, cut or deleted"
        case .flushFailed: "a flush failed, so everything is owed again"
        case .stuck: "no progress for ten seconds, starting over"
        case .refused: "not a copy of this source"
        case .superseded: "a promoted copy has taken over"
        case .blank: "a blank file"
        case .firstCopy: "first copy"
        case .cutUnknown: "the copy holds a cut that this source does not know"
        case .wasSyncing: "the copy was not whole"
        case .adopted: "overwritten as it was asked for"
        case .cutTooLarge: "more has changed than the journal holds"
        case .caughtUp: "what it missed travels as one cut"
        case .stopped: "stopped"
        case .journalDamaged: "its journal is damaged"
        case .copyIsNewer: "the copy is newer than this source"
        case .overwritten: "somebody else has written to the file"
        case .damaged: "records on it were damaged, and are written again"
        case .healed: "what was damaged on it has been written again"
        case .unreachable: "its server cannot be reached"
        case .exportUnknown: "its server has no export of this name"
        case .notTrusted: "its server and this replicator have not agreed on a key"
        case .disconnected: "the connection to its server was lost"
        case .unsettled: "its server may still perform what was sent over a lost connection: waiting until it has"
        case .detached: "it was detached"
        case .handedOver: "the source was handed over to it, and it is to be promoted"
        case .wasBehind: "another copy was promoted, which had all that this one holds"
        }
    }

    private var errorWords: String {
        guard detail != 0, let errno = Int32(exactly: detail) else { return "" }
        return ": " + String(cString: strerror(errno))
    }
}

extension CopyState {
    /// As people read it, and programs in JSON.
    var words: String {
        switch self {
        case .offline: "offline"
        case .syncing: "syncing"
        case .inSync: "in sync"
        case .refused: "refused"
        }
    }
}
