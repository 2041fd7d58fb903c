import Testing

/// `SharedWord` promises that each access that orders says what it orders.
@Suite("Accesses to shared memory")
struct OrderTests {
    private static let verbs = [
        ".loadAcquiring()", ".storeReleasing(", ".storeFencing(", ".compareExchange(", ".takeAll()",
        "tandemAcquireFence()", "tandemReleaseFence()", "tandemFullFence()",
    ]

    /// Where the verbs themselves are made.
    private static let definitions = [
        "SharedWord.swift", "SharedWord+Simulated.swift", "SharedWord+At.swift", "Fences.swift",
    ]

    @Test("Every load, store and fence of Core that orders has a comment on it or in the four lines above")
    func comments() {
        var sites = 0
        var silent: [String] = []
        for file in Repository.files where file.isIn("Sources/TandemCore") && file.isOf(".swift") {
            if Self.definitions.contains(where: { file.path.hasSuffix("/" + $0) }) { continue }
            let lines = file.lines
            for (number, line) in lines.enumerated() where Self.verbs.contains(where: { line.contains($0) }) {
                sites += 1
                let near = lines[max(0, number - 4) ... number]
                if !near.contains(where: { $0.contains("//") }) { silent.append("\(file.path):\(number + 1): \(line)") }
            }
        }
        #expect(sites > 60)
        #expect(silent == [])
    }
}
