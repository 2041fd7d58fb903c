import TandemCore
import Testing

@Suite("One line of lives")
struct LineageTests {
    private func generation(_ number: Int) -> Generation { Generation(high: UInt64(number) + 1, low: 0) }

    /// The lives of a line, each promoted from the one before at cut 100, 200, …
    private func line(_ count: Int) -> [Life] {
        var lives = [Life(generation(0))]
        for number in 1 ..< count { lives.append(lives[number - 1].next(generation(number), at: UInt64(number) * 100)) }
        return lives
    }

    @Test("Every life of a line of twenty knows every other as older or younger, the forgotten ones too")
    func kin() {
        let lives = line(20)
        for (older, mine) in lives.enumerated() {
            for (younger, theirs) in lives.enumerated() where younger > older {
                #expect(mine.kin(theirs) == .descendant, "\(older) and \(younger)")
                guard case .ancestor(let end, _) = theirs.kin(mine) else {
                    Issue.record("\(younger) and \(older)")
                    continue
                }
                // One that the list has forgotten gets the oldest end there: too late, never too early.
                #expect(end == UInt64(max(older + 1, younger - 7)) * 100, "\(younger) and \(older)")
            }
            #expect(mine.kin(mine) == .same)
            #expect(mine.kin(Life(Generation(high: 99, low: 0))) == .stranger)
        }
    }

    @Test("Two copies of one source that were both promoted are cousins, and so are their descendants")
    func cousins() {
        let lives = line(12)
        for depth in 0 ..< 11 {
            let other = lives[depth].next(Generation(high: 77, low: 7), at: 1)
            #expect(lives[depth + 1].kin(other) == .cousin)
            #expect(other.kin(lives[depth + 1]) == .cousin)
        }
    }

    @Test("A slot written before lines were numbered says as much as its ancestors do")
    func derived() throws {
        let lives = line(10)
        /// As an earlier version of the program wrote it: nothing but the ancestors.
        func plain(_ life: Life) -> Life { Life(life.generation, Lineage(ancestors: life.lineage.ancestors)) }
        for older in 0 ..< 8 { #expect(lives[older].kin(plain(lives[8])) == .descendant) }
        // Nothing says that the first and the ninth belong together.
        #expect(plain(lives[0]).kin(plain(lives[9])) == .stranger)
        // From the next promotion on it is known again, as far as the list goes back.
        let next = plain(lives[7]).next(generation(99), at: 5)
        #expect(lives[0].kin(next) == .descendant && next.kin(lives[0]) == .ancestor(end: 5, isExact: false))
    }

    @Test("A slot brings its line back from the bytes it was written to")
    func encoded() throws {
        for life in line(12) {
            let slot = StateSlot(sequence: 3, generation: life.generation, lineage: life.lineage, role: .consistent)
            var bytes = [UInt8](repeating: 0, count: StateSlot.byteCount)
            bytes.withUnsafeMutableBytes { slot.encode(into: $0.baseAddress!, checksum: testChecksum) }
            let read = try #require(bytes.withUnsafeBytes { StateSlot.decode($0.baseAddress!, checksum: testChecksum) })
            #expect(read == slot && read.life == life)
        }
    }

    @Test("A source of an earlier version says at which cut it took over, though its line does not")
    func sourceEnd() {
        let slot = StateSlot(
            sequence: 3, generation: generation(2), lineage: Lineage(ancestors: [generation(1)]), role: .source, cut: 77
        )
        #expect(slot.life.kin(Life(generation(1))) == .ancestor(end: 77, isExact: true))
    }

    @Test(
        "A moment is told by the calendar",
        arguments: [
            (0, "1970-01-01 00:00:00 UTC"), (951_782_399, "2000-02-28 23:59:59 UTC"),
            (951_782_400, "2000-02-29 00:00:00 UTC"), (1_709_251_199, "2024-02-29 23:59:59 UTC"),
            (1_795_841_407, "2026-11-28 04:50:07 UTC"), (4_107_542_400, "2100-03-01 00:00:00 UTC"),
        ] as [(UInt64, String)])
    func wallTime(seconds: UInt64, text: String) { #expect("\(WallTime(seconds * 1_000_000_000))" == text) }
}
