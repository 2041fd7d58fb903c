/// Why a file at the copy's path is left alone, in words: the first reason that a person would want, and what to do.
struct RefusedCopy {
    let examination: CopyExamination
    let reason: CopyReason
    let source: ReturnDecision.Source
    /// When the source's last cut was committed; 0: not known.
    let sourceWall: UInt64

    var account: CopyRefusal {
        if reason == .superseded {
            return CopyRefusal(
                .superseded, "a promoted copy has taken over from this source",
                remedy: "Stop the programs that write here and attach to the promoted source")
        }
        switch examination {
        case .foreign(let error): return CopyRefusal(error)
        case .misfit(let slot, let error):
            // Its sizes are a riddle to whoever gave the wrong name.
            return source.life.kin(slot.life) == .stranger ? account(of: slot, nil) : CopyRefusal(error)
        case .copy(let slot, let journal): return account(of: slot, journal)
        case .blank, .locked:
            return CopyRefusal(.inUse, "another process has it locked", remedy: "Stop that process first")
        }
    }

    private func account(of slot: StateSlot, _ journal: JournalEnd?) -> CopyRefusal {
        if slot.role == .source, case .ancestor = source.life.kin(slot.life) {
            return CopyRefusal(
                .wrongRole, "it is a source, not a copy: the one that this source took over from",
                remedy: "Run 'tandem demote' with it: it becomes a copy where it lies, and gets what differs")
        }
        if slot.role == .source {
            return CopyRefusal(.wrongRole, "it is a source, not a copy", remedy: "Give the copy a path of its own")
        }
        switch source.life.kin(slot.life) {
        case .stranger:
            return CopyRefusal(
                .wrongRole, "it is a copy of another source (generation \(slot.generation))",
                remedy: "Give the path of this source's copy, or of a file that does not exist yet")
        case .ancestor(let end?, _) where reason == .copyIsNewer:
            return CopyRefusal(
                .wrongRole,
                """
                it is a copy of an earlier life of this source (generation \(slot.generation)) and was ahead when that \
                life ended: it holds \(held(slot, journal)), and this source took over at cut \(end)
                """,
                remedy: """
                    To keep what it holds, promote it and stop this source; to give it up, overwrite it with --adopt
                    """)
        case .ancestor:
            return CopyRefusal(
                .wrongRole,
                """
                it is a copy of an earlier life of this source (generation \(slot.generation)), and whether this \
                source has all that it holds is not known
                """, remedy: "Overwrite it with --adopt, or give another path")
        case .cousin:
            return CopyRefusal(
                .wrongRole,
                """
                it is a copy of a source that was promoted beside this one (generation \(slot.generation)): both come \
                from one source, and each may hold what the other lacks
                """, remedy: "Give another path")
        default: return newer(slot, journal)
        }
    }

    private func newer(_ slot: StateSlot, _ journal: JournalEnd?) -> CopyRefusal {
        if !source.knowsCopy, slot.lastCut(journal) <= source.known { return unknown(slot, journal) }
        let own = "cut \(source.known)\(sourceWall == 0 ? "" : " of \(WallTime(sourceWall))")"
        let ahead =
            slot.lastCut(journal) > source.known
            ? "it holds \(held(slot, journal)), and the last that this source knows is \(own)"
            : """
            its state slot \(slot.sequence)\(slot.wallNanoseconds == 0 ? "" : " of \(WallTime(slot.wallNanoseconds))") \
            was written after slot \(source.knownSequence), the last that this source knows, with \(own)
            """
        return CopyRefusal(
            .wrongRole,
            """
            it is newer than this source: \(ahead). The source's file is an older one, from a backup or another host
            """,
            remedy: """
                To keep what the copy holds, promote the copy; if the older source is really wanted, overwrite the \
                copy with --adopt
                """)
    }

    private func unknown(_ slot: StateSlot, _ journal: JournalEnd?) -> CopyRefusal {
        CopyRefusal(
            .wrongRole,
            """
            it is a copy that this source does not know, with \(held(slot, journal)): it was forgotten, or was made \
            from an older or another file of this source, and may hold what this one lacks
            """, remedy: "Overwrite it with --adopt, or give another path; to keep what it holds, promote it")
    }

    private func held(_ slot: StateSlot, _ journal: JournalEnd?) -> String {
        let inJournal = journal.map { $0.cut >= slot.cut && $0.wallNanoseconds != 0 } ?? false
        let wall = inJournal ? journal!.wallNanoseconds : slot.wallNanoseconds
        return "cut \(slot.lastCut(journal))\(wall == 0 ? "" : " of \(WallTime(wall))")"
    }
}
