internal import TandemSystem

/// Says on the way which row runs, what of it, and how long is left.
public final class BenchProgress {
    private let say: (String) -> Void
    private let start = MonotonicClock.now()
    /// What the rows said that they take, all of them and those that are done.
    private let expectedSeconds: Double
    private var doneSeconds = 0.0
    private var row = ""
    private var rowStart: UInt64 = 0
    private var rowSeconds = 0.0
    private var steps = 0
    private var stepsBegun = 0
    private var firstStep: UInt64 = 0

    /// - Parameter expectedSeconds: of all rows together, on a quiet machine.
    public init(expectedSeconds: Double, say: @escaping (String) -> Void) {
        self.expectedSeconds = expectedSeconds
        self.say = say
    }

    /// For whoever does not want to know.
    public static let silent: @Sendable () -> BenchProgress = { BenchProgress(expectedSeconds: 1) { _ in } }

    /// - Parameter steps: how often the row will say `repetition`.
    package func begin(_ row: String, expectedSeconds: Double, steps: Int) {
        self.row = row
        (self.steps, stepsBegun) = (steps, 0)
        rowSeconds = expectedSeconds
        rowStart = MonotonicClock.now()
        step("begins, some \(Self.time(expectedSeconds)) on a quiet machine")
    }

    package func end() {
        step("done in \(Self.time(seconds(since: rowStart)))")
        doneSeconds += rowSeconds
        rowSeconds = 0
    }

    func step(_ text: String) { say("\(row): \(text) · \(Self.time(secondsLeft)) left") }

    package func repetition(_ number: Int, of count: Int, _ text: String = "") {
        stepsBegun += 1
        if stepsBegun == 1 { firstStep = MonotonicClock.now() }
        step("repetition \(number + 1) of \(count)" + (text.isEmpty ? "" : ", \(text)"))
    }

    /// By the steps that this row has done, and by what the other rows said, scaled by how wrong those were that are
    /// done.
    package var secondsLeft: Double {
        let passed = seconds(since: start)
        let ofRow = seconds(since: rowStart)
        let slowness = doneSeconds > 0 ? (passed - ofRow) / doneSeconds : 1
        return rowSecondsLeft(ofRow, slowness) + max(0, expectedSeconds - doneSeconds - rowSeconds) * slowness
    }

    private func rowSecondsLeft(_ passed: Double, _ slowness: Double) -> Double {
        guard stepsBegun > 1 else { return max(rowSeconds * slowness - passed, rowSeconds * 0.05) }
        return seconds(since: firstStep) / Double(stepsBegun - 1) * Double(max(0, steps - stepsBegun + 1))
    }

    private func seconds(since time: UInt64) -> Double { Double(MonotonicClock.now() - time) / 1e9 }

    static func time(_ seconds: Double) -> String {
        seconds < 90 ? "\(Int(seconds.rounded(.up))) s" : "\(Int((seconds / 60).rounded(.up))) min"
    }
}
