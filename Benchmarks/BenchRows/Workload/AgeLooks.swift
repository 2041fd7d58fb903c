/// How old the copy was at one moment.
struct AgeLook: Sendable {
    var seconds: Double
    var ageMilliseconds: Double
}

/// The copy's age over time, looked at now and then.
struct AgeLooks: Sendable {
    private let interval: UInt64
    private var next: UInt64 = 0
    private(set) var seen: [AgeLook] = []

    /// - Parameter seconds: between two looks. Nil: never.
    init(every seconds: Double?) { interval = seconds.map { UInt64($0 * 1e9) } ?? .max }

    @inline(__always)
    mutating func look(at probe: AgeProbe, since start: UInt64, _ now: UInt64) {
        guard interval != .max, now >= next else { return }
        next = now + interval
        seen.append(
            AgeLook(seconds: Double(now - start) / 1e9, ageMilliseconds: Double(probe.oldest(at: now)) / 1e6))
    }
}
