/// Finds the rate of changes that the copy can just follow.
struct RateSearch {
    let load: PacedLoad
    /// How long each step takes: enough for several sweeps.
    var stepSeconds: Double
    var startRate: Double
    var rateMax: Double
    private(set) var steps: [PacedLoad.Outcome] = []

    init(load: PacedLoad, stepSeconds: Double, startRate: Double, rateMax: Double) {
        self.load = load
        self.stepSeconds = stepSeconds
        self.startRate = startRate
        self.rateMax = rateMax
    }

    /// Grows the rate by half until the copy lags, then closes in: to about a twentieth.
    mutating func run() throws -> PacedLoad.Outcome {
        var good: PacedLoad.Outcome?
        var rate = startRate
        var tooMuch = Double.infinity
        for _ in 0 ..< 40 where rate <= rateMax {
            let outcome = try step(rate)
            if outcome.keptUp {
                good = outcome
                if outcome.isWritersLimit { break }
            } else {
                tooMuch = rate
                if good == nil {
                    rate /= 4
                    if rate < 1000 { break }
                    continue
                }
            }
            if let good, tooMuch < .infinity {
                guard tooMuch / good.asked > 1.08 else { break }
                rate = (good.asked * tooMuch).squareRoot()
            } else {
                rate *= 1.5
            }
        }
        guard let good else {
            throw BenchError("the copy did not follow even \(shortNumber(startRate)) changes a second")
        }
        return good
    }

    /// Twice before it counts as too much: on a busy machine the replicator may just have been off its core.
    private mutating func step(_ rate: Double) throws -> PacedLoad.Outcome {
        for _ in 0 ..< 2 {
            steps.append(try load.run(perSecond: rate, seconds: stepSeconds))
            if steps.last!.keptUp { break }
        }
        return steps.last!
    }
}
