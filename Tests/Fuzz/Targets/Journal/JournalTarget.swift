import TandemCore

/// A copy's journal: read, surveyed and applied.
final class JournalTarget: FuzzTarget {
    private let scripted = ScriptedCopy()

    /// Cuts; cuts over the ring's end; a header, a body, a slot changed; torn; an earlier lap.
    static let seeds: [[UInt8]] = {
        let cut: [UInt8] = [0, 3, 0, 5, 0xAA, 1, 7, 0xBB, 2, 1, 0xCC]
        let cuts = cut + cut + cut
        return [
            [], cut, cuts, [5, 4, 5, 2] + cuts, [4, 7] + cuts, cuts + [2, 1, 0, 7, 3, 1],
            cuts + [3, 1, 0, 0, 2, 0xFF, 0xFF, 0xFF, 0xFF],
            cuts + [3, 0, 32, 1, 5, 2], cuts + [7, 8, 1, 0], cuts + [6, 0, 3], cuts + cuts + cuts + cuts,
            [5, 0, 9, 3] + cut,
        ]
    }()

    func run(_ input: FuzzInput) throws(Finding) -> Bool {
        var input = input
        scripted.clear()
        while !input.isAtEnd { scripted.script.step(&input) }
        let found = try scripted.rules.check(scripted.script.slot)
        input.tell(
            """
            the journal ends behind cut \(found.end.cut) at position \(hex(found.end.position)): \(found.cuts) cuts, \
            \(found.changes) changes
            """
        )
        return found.changes > 0
    }
}
