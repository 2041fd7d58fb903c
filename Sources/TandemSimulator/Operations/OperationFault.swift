import TandemCore

/// One failure in a run whose operations have been counted: at which of them, what kind, and whether it lasts.
struct OperationFault {
    enum Kind: String, CaseIterable {
        case eio, enospc
        /// The beginning of it arrives; then there is no room.
        case short
        /// It takes longer than any command that succeeds, and then arrives.
        case late
        /// The device answers nothing, and then everything, in any order.
        case hung

        var failure: CopyFailure? {
            switch self {
            case .eio: CopyFailure(.inputOutput, errno: 5)
            case .enospc, .short: CopyFailure(.noSpace, errno: 28)
            case .late, .hung: nil
            }
        }

        /// Only a write can be short; and what a command does on its own thread is late when the command is.
        func canStrike(_ operation: Operation) -> Bool {
            switch self {
            case .eio, .enospc: true
            case .short: operation.isWrite
            case .late, .hung: operation.isCommand
            }
        }
    }

    /// Counted from 1; 0: none.
    var operation: Int
    var kind: Kind
    /// It strikes every operation from this one on, until it is mended.
    var lasts: Bool

    static let none = OperationFault(operation: 0, kind: .eio, lasts: false)

    var summary: String { "operation \(operation)" + (operation == 0 ? "" : " \(kind) \(lasts ? "for ever" : "once")") }

    var arguments: String {
        "--operation \(operation)" + (operation == 0 ? "" : " --kind \(kind.rawValue)\(lasts ? " --for-ever" : "")")
    }
}
