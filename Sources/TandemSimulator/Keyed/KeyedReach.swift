/// What a run's keyed table came to.
struct KeyedReach: Reach {
    var insertions = 0
    var removals = 0
    /// Changed where they were, or taken out and put in again.
    var updates = 0
    /// Looks for a key, by its bytes and by a handle, that found it and that did not.
    var found = 0
    var absent = 0
    var stale = 0
    /// Insertions for which no slot was free.
    var full = 0
    /// Examined tables in which a home had a chain, and one of several buckets.
    var chains = 0
    var longChains = 0

    static var fields: [(String, WritableKeyPath<KeyedReach, Int>)] {
        [
            ("insertions", \.insertions), ("removals", \.removals), ("updates", \.updates), ("found", \.found),
            ("absent", \.absent), ("stale handles", \.stale), ("full", \.full), ("chains", \.chains),
            ("long chains", \.longChains),
        ]
    }
}
