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
    case revive(writer: Int)
}

/// What a look at the copy is for.
package enum LookCause: Sendable {
    /// Half a second is over.
    case interval
    /// A state slot is about to be written.
    case slot
}
