import TandemCore

extension CopyCommand {
    var isWrite: Bool { if case .write = operation { true } else { false } }
    var isFlush: Bool { if case .flush = operation { true } else { false } }

    /// What it is to whoever waits for a server's answer.
    var asked: SilenceLimit.Request {
        switch operation {
        case .write(_, let count, _): .write(byteCount: count)
        // The header, which is flushed.
        case .flush, .format: .flush
        default: .read
        }
    }

    /// What of the copy the command changes; nil where that is nothing, or another file.
    func bytesChanged(in layout: FileLayout) -> Range<Int>? {
        switch operation {
        case .write(_, let count, let offset): offset ..< offset + count
        // It only reads of the journal, and only what lies before `until`.
        case .replay: layout.tablesOffset ..< layout.tablesEnd
        // What is said of the tables holds only if nothing older comes over them.
        case .inquire: layout.tablesOffset ..< layout.tablesEnd
        case .format(_, beside: false): 0 ..< layout.copyBytes
        default: nil
        }
    }

    /// For the story of a run.
    var summary: String {
        switch operation {
        case .write(_, let count, let offset): return "\(token): write \(count) at \(offset)"
        case .replay(_, let until, let budget): return "\(token): replay until \(until), \(budget) bytes of it"
        case .format(_, let beside): return "\(token): format, beside: \(beside)"
        case .publishRebuild: return "\(token): publish"
        default: return "\(token)"
        }
    }
}
