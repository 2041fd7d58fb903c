/// What a controller asks of the driver. Controllers append commands to a batch; they never perform one.
package struct CopyCommand {
    package enum Operation {
        /// Open the copy, lock it, and say what it is. Blocking; sent only when nothing else is under way.
        case probe
        /// Make a blank file or device a copy of this source, state *syncing*. `beside`: in a new file next to the
        /// copy, where commands go from then on; when it fails they go on to the copy.
        case format(StateSlot, beside: Bool)
        /// The file made beside the copy takes the copy's name.
        case publishRebuild
        /// Bring the journal from the slot's tail on into the tables, in place; not flushed. Whole cuts, until `until`
        /// or until `budget` bytes of journal have been applied. Fails where the journal ends before. Nothing else that
        /// touches the tables may be under way.
        case replay(StateSlot, until: JournalEnd, budget: Int)
        /// How far do the tables hold the journal? Asked only where cuts are applied as they arrive.
        case inquire
        /// Write `count` bytes; they stay untouched until the completion.
        case write(UnsafeRawPointer, count: Int, offset: Int)
        /// Read `count` bytes into memory that nobody looks at until the completion. For looks at the copy, which must
        /// not hold up the engine however long a device takes.
        case read(UnsafeMutableRawPointer, count: Int, offset: Int)
        /// The same, of bytes that nobody is going to want again: they need not stay in the page cache.
        case readOnce(UnsafeMutableRawPointer, count: Int, offset: Int)
        /// All completed writes to stable storage.
        case flush
        /// Is the open file still what the path names, and as long as it was?
        case watch
        /// Give up descriptor and lock.
        case close
        /// If the writer of this slot is dead, take its lock and recover its transaction.
        case reviveWriter(Int)
    }

    package let token: Token
    package let operation: Operation

    package init(token: Token, operation: Operation) {
        self.token = token
        self.operation = operation
    }
}

/// What became of a command.
package struct CopyCompletion {
    package enum Result {
        case done
        /// The operation failed; the error says why.
        case failed(CopyFailure)
        case probed(CopyExamination, MediumAbilities)
        /// The journal has been applied up to here.
        case replayed(JournalEnd)
        /// The tables hold the journal up to here; nil: nobody applies it.
        case applied(JournalEnd?)
        /// The writer was dead and its transaction has been rolled back or forward.
        case writerRevived(Bool)
    }

    package let token: Token
    package let result: Result

    package init(token: Token, result: Result) {
        self.token = token
        self.result = result
    }
}

/// Why an operation on the copy failed, as far as the controllers' decisions go.
package struct CopyFailure: Error, Equatable {
    package enum Kind: UInt64 {
        case notFound = 1
        case inUse
        case noSpace
        case inputOutput
        case identityChanged
        case refused
        /// A probe's or a format's flush failed: what was written since the last good one may be gone, and the next
        /// flush would say that all is well.
        case flushFailed
        /// The server that has it cannot be reached.
        case unreachable
        /// The server has no export of this name.
        case exportUnknown
        /// Server and client have not agreed on who they are.
        case notTrusted
        /// The connection to the server was lost.
        case disconnected
        /// The server is silent.
        case late
        /// What was sent over a lost connection may still be performed.
        case unsettled
    }

    package let kind: Kind
    /// The kernel's error number; 0 where there is none.
    package let errno: Int32

    package init(_ kind: Kind, errno: Int32 = 0) {
        self.kind = kind
        self.errno = errno
    }
}

/// What a probe found, once the lock was granted.
package enum CopyExamination {
    /// An empty file, or one of the right length that is all zero: it may be formatted.
    case blank
    /// A Tandem file with this source's schema, whatever its role. `journal` is the end of the valid journal, for a
    /// consistent copy whose journal reaches the cut that its slot names.
    case copy(StateSlot, journal: JournalEnd?)
    /// Somebody else has it, and its newest slot is this: of a promoted copy that is in use it shows that we are
    /// superseded.
    case locked(StateSlot)
    /// A Tandem file with other tables or sizes than this source's, as the error says. Whose it is is asked first.
    case misfit(StateSlot, TandemError)
    /// Something that must not be touched; the error says what.
    case foreign(TandemError)
}

/// Where a copy's journal ends: the position behind the last valid cut, and that cut.
package struct JournalEnd: Equatable {
    package var position: UInt64
    package var cut: UInt64
    /// When that cut was closed, as its header says. For people: two ends are the same whatever they say of it.
    package var wallNanoseconds: UInt64 = 0

    package init(position: UInt64, cut: UInt64) {
        self.position = position
        self.cut = cut
    }

    package static func == (a: JournalEnd, b: JournalEnd) -> Bool { a.position == b.position && a.cut == b.cut }
}

/// Performs commands. io_uring, plain `pwrite` and the simulator are three.
package protocol CopyDriver: AnyObject {
    /// Starts the commands, in any order and concurrently, except that the controllers wait where order matters.
    func submit(_ commands: [CopyCommand])
    /// Appends what has completed since the last call.
    func reap(into completions: inout [CopyCompletion])
    /// Sleeps until something may have completed, at most this long. False, at once, when nothing is under way that
    /// would end the sleep.
    func wait(nanoseconds: UInt64) -> Bool
}

extension CopyDriver {
    package func wait(nanoseconds: UInt64) -> Bool { false }
}
