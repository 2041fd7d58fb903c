import Glibc
import Tandem

/// What stopped the command itself, outside the engine: one line for people.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String
    let status: ExitStatus
    /// What the library said, where it is that.
    let cause: TandemError?

    init(_ description: String, status: ExitStatus = .cannot) {
        self.description = description
        self.status = status
        cause = nil
    }

    /// The library's error, with another exit status than 2.
    init(_ cause: TandemError, status: ExitStatus) {
        description = cause.description
        self.status = status
        self.cause = cause
    }

    static func system(_ deed: String, _ subject: String, _ number: Int32) -> CommandFailure {
        CommandFailure("\(subject): could not \(deed): \(String(cString: strerror(number)))")
    }
}

/// What the shell is told. Part of the command's contract: `tandem --help` lists it.
enum ExitStatus: Int32 {
    /// Done; nothing found wrong.
    case fine = 0
    /// Done, and the answer is no: violations, differences, not promotable, a worker lost, a step of the demo failed.
    case found = 1
    /// It could not be done: a file is missing, foreign, damaged, in use, or the system refused.
    case cannot = 2
}
