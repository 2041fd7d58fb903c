/// What happened on the ways to a run's copies.
struct NetworkReach: Reach {
    /// Connections that ended with requests under way, or without.
    var breaks = 0
    /// Peers that had gone without a word, and ways on which nothing got through for a while.
    var halfOpen = 0
    var silences = 0
    /// Connections that were given up because their server was silent.
    var givenUp = 0
    /// Processes of standbys that died.
    var deaths = 0
    /// What a lost connection had left and a server came to later.
    var latePerformed = 0
    var lateRefused = 0
    /// Requests of a connection that was not lost, but fenced off.
    var fenced = 0
    /// Openings at a server without a fence that came too early.
    var quietWaits = 0
    var opened = 0
    var openingsRefused = 0
    /// Promotions that came to nothing, and that took over while the primary was there.
    var promotionsLeft = 0
    var promoted = 0

    static var fields: [(String, WritableKeyPath<NetworkReach, Int>)] {
        [
            ("connections broken", \.breaks), ("half-open peers", \.halfOpen), ("silences", \.silences),
            ("given up as silent", \.givenUp), ("standbys killed", \.deaths),
            ("late writes performed", \.latePerformed), ("late writes refused", \.lateRefused),
            ("requests fenced off", \.fenced), ("quiet times kept", \.quietWaits), ("sessions opened", \.opened),
            ("openings refused", \.openingsRefused), ("promotions that came to nothing", \.promotionsLeft),
            ("promoted before the primary's eyes", \.promoted),
        ]
    }
}
