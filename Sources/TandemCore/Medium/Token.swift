/// Which command a completion answers.
package enum Token: Hashable, Sendable {
    /// The copy is opened, laid out, or given its name.
    case life
    case close
    /// A part of a look at the copy.
    case look(LookCause, part: Int)
    case stateFlush
    case stateWrite
    /// A chunk of the journal record that is on its way.
    case cutWrite(chunk: Int)
    case cutFlush
    case image(Int)
    case replay
    /// Pages of a copy in sync, to be compared with their seals.
    case scrub
    /// Pages of a copy, or their digests, to be compared with the source's.
    case content(Int)
    case revive(writer: Int)

    /// Its completion shows that the device takes what is written. Looks and reads are answered while every write
    /// hangs.
    var isSign: Bool {
        switch self {
        case .look, .scrub, .content: false
        default: true
        }
    }
}

/// What a look at the copy is for.
package enum LookCause: Sendable {
    /// Half a second is over.
    case interval
    /// A state slot is about to be written.
    case slot
}
