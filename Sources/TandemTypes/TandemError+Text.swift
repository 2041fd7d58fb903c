extension TandemError: CustomStringConvertible {
    /// Subject, problem and remedy in one sentence each.
    public var description: String {
        if let detail { return "\(detail.subject): \(detail.problem). \(detail.remedy)." }
        switch code {
        case .conflict:
            return "record \(second) of table \(first) is held by another transaction. Run the transaction again."
        case .indexOutOfRange:
            return
                """
                table \(first) has no record \(Int64(bitPattern: second)). Use an index from 0 up to the table's \
                capacity.
                """
        case .transactionTooLarge:
            return
                """
                the transaction changes more than one may (\(first) records, \(second) bytes of undo room). Split it, \
                or create the source with more undo room.
                """
        case .superseded:
            return
                "a promoted copy has taken over from this source. Stop writing here and attach to the promoted source."
        case .handingOver:
            return
                """
                this source is being handed over to a copy. Nothing was changed. Try again in a moment: it goes on, or \
                a promoted copy has taken over.
                """
        case .aborted: return "the transaction was aborted by its own code (\(first)). Nothing was changed."
        case .wrongSize:
            return
                """
                a payload of \(first) bytes was given where the table's records have \(second). Pass exactly that many \
                bytes.
                """
        case .notReplicatedInTime:
            return
                """
                the transaction is committed here (epoch \(first)) but was not seen on the copy before its deadline. \
                It travels with a later cut; do not repeat it.
                """
        case .readContended:
            return
                """
                record \(second) of table \(first) could not be read: its header makes no sense, or changed at every \
                look. Read it again; if it stays so, a program has written over the source's memory: look for it, and \
                take over with the copy.
                """
        case .foreignTable:
            return "the table belongs to another source than the writer. Use a table of the writer's own source."
        case .tableFull:
            return
                "table \(first) is full: all of its \(second) slots are in use. Remove some, or create a larger table."
        case .tableDamaged:
            return
                """
                record \(second) of table \(first) contradicts what is around it: somebody has written over the \
                memory. Find the program that did it, and take over with the copy.
                """
        case .keyTooLong:
            return
                """
                a key of \(first) bytes was given where the table's keys have at most \(second). Create the table \
                with longer keys.
                """
        default: return "\(code) (\(first), \(second))"
        }
    }
}
