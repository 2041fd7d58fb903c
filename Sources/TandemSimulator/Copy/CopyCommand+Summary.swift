import TandemCore

extension CopyCommand {
    var isWrite: Bool { if case .write = operation { true } else { false } }
    var isFlush: Bool { if case .flush = operation { true } else { false } }

    /// For the story of a run.
    var summary: String {
        let name = Token(token).map { "\($0.kind) \($0.number)" } ?? "?"
        switch operation {
        case .write(_, let count, let offset): return "\(name): write \(count) at \(offset)"
        case .replay(_, let until, let budget): return "\(name): replay until \(until), \(budget) bytes of it"
        case .format(_, let beside): return "\(name): format, beside: \(beside)"
        case .publishRebuild: return "\(name): publish"
        default: return name
        }
    }
}
