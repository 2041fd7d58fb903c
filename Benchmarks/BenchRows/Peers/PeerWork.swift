/// What Tandem and its peers are given to do, each in its own words.
enum PeerWork: String, CaseIterable, Hashable {
    /// Records of 240 bytes changed at random, as fast as they come, until the last has arrived on the copy.
    case updates
    /// One such change after the other, each waiting for the copy.
    case commits
    case commits99 = "commits-p99"
    /// The same, on stable storage.
    case durable
    case durable99 = "durable-p99"
    /// Everything there is into a copy that is not there yet.
    case bulk
    /// A record found by its key, at random over all of them, one after the other; nobody writes.
    case finds

    /// What a program is asked for, and which of the numbers that it answers with is meant.
    var request: (command: String, number: Int) {
        switch self {
        case .updates: ("updates", 0)
        case .commits: ("commits", 0)
        case .commits99: ("commits", 1)
        case .durable: ("durable", 0)
        case .durable99: ("durable", 1)
        case .bulk: ("bulk", 0)
        case .finds: ("finds", 0)
        }
    }

    /// In the order in which a copy can be given them: it is there after the first.
    static let commands = ["bulk", "updates", "commits", "durable"]

    var words: String {
        switch self {
        case .updates: "updates that arrive"
        case .commits: "a commit that waits for the copy, p50"
        case .commits99: "a commit that waits for the copy, p99"
        case .durable: "a commit on stable storage, p50"
        case .durable99: "a commit on stable storage, p99"
        case .bulk: "a whole copy"
        case .finds: "a record found by its key"
        }
    }

    var unit: Figure.Unit {
        switch self {
        case .updates: .millionsPerSecond
        case .commits, .commits99, .durable, .durable99: .microseconds
        case .bulk: .gigabytesPerSecond
        case .finds: .nanoseconds
        }
    }

    var caption: String {
        switch self {
        case .updates: "Random updates of 240 bytes a second that arrive on the copy; more is better"
        case .commits: "A commit that waits for the copy, median; less is better"
        case .commits99: "A commit that waits for the copy, 99th percentile; less is better"
        case .durable: "A commit on stable storage, median; less is better"
        case .durable99: "A commit on stable storage, 99th percentile; less is better"
        case .bulk: "A whole copy; more is better"
        case .finds: "A record found by its key, at random; less is better"
        }
    }

    var axis: String { unit.rawValue }
}
