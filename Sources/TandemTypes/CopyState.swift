/// What people see of a copy's life.
public enum CopyState: UInt64, Sendable, CaseIterable {
    /// Not there, or not usable now; looked for again and again.
    case offline = 0
    /// Being brought together; no promise yet, unless an older whole copy stands beside it.
    case syncing = 1
    /// Whole, and following the source.
    case inSync = 2
    /// Nothing that may be written to.
    case refused = 3
}

/// Why a copy is in its state.
public enum CopyReason: UInt64, Sendable, CaseIterable {
    /// The replicator has just begun.
    case starting = 0
    /// There is no file of that name.
    case notFound
    /// Another process has it locked.
    case inUse
    /// The file system has no space for it.
    case noSpace
    /// The device reported an error.
    case inputOutput
    /// A write or flush took too long.
    case late
    /// The file was replaced, cut or deleted.
    case identityChanged
    /// A flush failed: everything since the last good one is owed again.
    case flushFailed
    /// No progress for ten seconds: starting over.
    case stuck
    /// Not a copy of this source.
    case refused
    /// A promoted copy has taken over.
    case superseded
    /// A blank file.
    case blank
    /// It is made for the first time.
    case firstCopy
    /// It holds a cut that this source does not know.
    case cutUnknown
    /// It was not whole when it was left.
    case wasSyncing
    /// A copy of an earlier generation, taken over because that was asked for.
    case adopted
    /// More has changed than its journal holds.
    case cutTooLarge
    /// What it missed travels as one cut.
    case caughtUp
    /// The replicator was ended.
    case stopped
    /// Its journal is damaged.
    case journalDamaged
    /// It holds cuts that this source lacks: the source is the older of the two, and may overwrite it only if told to.
    case copyIsNewer
    /// Somebody has written over the open file: what the replicator wrote last is not there any more.
    case overwritten
    /// Records on it do not carry their seals: they are written again, or everything is.
    case damaged
    /// Every page that was damaged has been written again, and seen whole.
    case healed
    /// The server that has it cannot be reached.
    case unreachable
    /// The server has no export of this name.
    case exportUnknown
    /// Server and replicator have not agreed on a key.
    case notTrusted
    /// The connection to the server was lost.
    case disconnected
    /// A server without a fence may still perform what was sent over a connection that was lost: waiting.
    case unsettled
    /// It was asked that it be followed no more.
    case detached
    /// The source was handed over to it: it is to be promoted.
    case handedOver
    /// A copy of an earlier generation, which was not ahead of the one that took over: nothing is lost with it.
    case wasBehind
}

/// What a copy that is syncing is to expect, at the rates of the last second or so.
public enum SyncVerdict: UInt64, Sendable, CaseIterable {
    /// Nothing has moved yet that could tell.
    case unknown = 0
    /// It will be in sync.
    case converging
    /// It will not: changes come faster than they are brought over, and are more than the journal holds.
    case outpaced
    /// It will not: the journal cannot even hold what changes between two cuts, and the bulk copy begins again and
    /// again.
    case journalTooSmall
}
