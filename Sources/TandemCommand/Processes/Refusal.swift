import Tandem

/// Why a command did not do what it was to do: for people in a line on standard error, and with --json for programs as
/// an object on standard output.
struct Refusal: Encodable {
    /// A word for the kind of error, for programs: see docs/JSON.md.
    let refused: String
    /// What is wrong with what, and what to do; nil where the problem says it all.
    let subject: String?
    let problem: String
    let remedy: String?
    /// The exit status.
    let status: Int32

    /// Nil for errors of the command line itself, and for an exit status without words.
    init?(_ error: any Error) {
        switch error {
        case let error as TandemError: self.init(error, status: .cannot)
        case let failure as CommandFailure:
            if let cause = failure.cause {
                self.init(cause, status: failure.status)
            } else {
                self.init(failure.description, failure.status)
            }
        default: return nil
        }
    }

    private init(_ problem: String, _ status: ExitStatus) {
        refused = "command"
        subject = nil
        self.problem = problem
        remedy = nil
        self.status = status.rawValue
    }

    private init(_ error: TandemError, status: ExitStatus) {
        refused = error.code.description
        subject = error.detail?.subject
        problem = error.detail?.problem ?? error.description
        remedy = error.detail?.remedy
        self.status = status.rawValue
    }

    /// In one sentence each.
    var text: String {
        guard let subject, let remedy else { return problem.shown }
        return "\(subject): \(problem). \(remedy).".shown
    }
}
