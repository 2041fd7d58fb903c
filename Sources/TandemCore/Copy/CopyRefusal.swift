/// Why a file at the copy's path is left alone: what is wrong, and what to do about it.
package struct CopyRefusal: Equatable, Sendable, CustomStringConvertible {
    package let code: TandemError.Code
    /// Without a full stop, as the remedy is.
    package let problem: String
    package let remedy: String

    init(_ code: TandemError.Code, _ problem: String, remedy: String) {
        self.code = code
        self.problem = problem
        self.remedy = remedy
    }

    /// What an examination has found; the path is known to whoever asked for it.
    init(_ error: TandemError) {
        self.init(
            error.code, error.detail?.problem ?? error.description, remedy: error.detail?.remedy ?? "Give another path")
    }

    package var description: String { "\(problem). \(remedy)." }

    /// As it leaves Tandem.
    package func error(about path: String) -> TandemError { TandemError(code, path, problem, remedy: remedy) }
}
