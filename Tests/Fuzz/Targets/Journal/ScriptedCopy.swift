import TandemCore

/// A copy whose journal an input writes, and the rules that it must keep.
final class ScriptedCopy {
    let copy = SparseCopy(FuzzLayout.exchange)
    let rules: JournalRules
    var script: JournalScript

    init() {
        rules = JournalRules(copy)
        script = JournalScript(copy)
    }

    deinit {
        rules.deallocate()
        script.deallocate()
    }

    func clear() {
        copy.clear()
        script.clear()
    }
}
