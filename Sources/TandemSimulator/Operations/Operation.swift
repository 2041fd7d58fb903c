import TandemCore

/// What can fail: commands to the driver, and the reads, writes and flushes of which some of them consist.
enum Operation: CaseIterable {
    case probe, probeFlush, probeRead
    case format, formatWrite, formatFlush
    case image, cut, cutFlush
    case stateWatch, stateRead, stateFlush, state
    case watch, watchRead, scrubRead
    case replay, replayRead, replayWrite
    case publish, publishFlush, publishFolder
    case close
    case promotionRead, promotionWrite, promotionFlush

    init(_ command: CopyCommand) {
        let isOfSlot = if case .look(.slot, _) = command.token { true } else { false }
        switch command.operation {
        case .probe: self = .probe
        case .format: self = .format
        case .replay, .inquire: self = .replay
        case .publishRebuild: self = .publish
        case .close: self = .close
        case .watch: self = isOfSlot ? .stateWatch : .watch
        case .read: self = isOfSlot ? .stateRead : .watchRead
        case .readOnce: self = .scrubRead
        case .flush: self = command.token == .stateFlush ? .stateFlush : .cutFlush
        case .write:
            switch command.token {
            case .image: self = .image
            case .cutWrite: self = .cut
            default: self = .state
            }
        case .reviveWriter: preconditionFailure("a writer's recovery is no I/O")
        }
    }

    var name: String {
        switch self {
        case .probeFlush: "probe's flush"
        case .probeRead: "probe's reads"
        case .formatWrite: "format's write"
        case .formatFlush: "format's flush"
        case .image: "image write"
        case .cut: "cut write"
        case .cutFlush: "cut flush"
        case .stateWatch: "state's watch"
        case .stateRead: "state's reads"
        case .watchRead: "watch's reads"
        case .scrubRead: "scrub's reads"
        case .stateFlush: "state's flushes"
        case .state: "state write"
        case .replayRead: "replay's reads"
        case .replayWrite: "replay's writes"
        case .publish: "publish"
        case .publishFlush: "publish's first flush"
        case .publishFolder: "publish's last flush"
        case .promotionRead: "promotion's reads"
        case .promotionWrite: "promotion's writes"
        case .promotionFlush: "promotion's flushes"
        case .probe, .format, .watch, .replay, .close: "\(self)"
        }
    }

    /// A part of one is done on the command's own thread; promotion has no commands.
    var isCommand: Bool {
        switch self {
        case .probe, .format, .image, .cut, .cutFlush, .stateWatch, .stateRead, .stateFlush, .state, .watch, .watchRead,
            .scrubRead, .replay, .publish, .close:
            true
        default: false
        }
    }

    var isWrite: Bool {
        switch self {
        case .formatWrite, .image, .cut, .state, .replayWrite, .promotionWrite: true
        default: false
        }
    }

    var isLayout: Bool { self == .format || self == .formatWrite || self == .formatFlush }
}
