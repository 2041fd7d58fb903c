import TandemTypes

/// What happens at a standby, told to whoever started it: a line each.
package enum StandbyEvent: Equatable, Sendable {
    case opened(session: UInt64, peer: String, generation: String)
    /// A newer session, or a promotion, has ended what this one may do.
    case fenced(session: UInt64, peer: String)
    case ended(session: UInt64, peer: String)
    case refused(peer: String, reason: String)
    /// Its primary stands still behind this cut: the copy is to be promoted.
    case handedOver(cut: UInt64)
    case promoting
    case promoted(generation: String)
    /// A promotion came to nothing.
    case lowered

    /// Tabs between the words, none in them, nor a new line.
    package var line: String {
        let words: [String] =
            switch self {
            case .opened(let session, let peer, let generation): ["opened", "\(session)", peer, generation]
            case .fenced(let session, let peer): ["fenced", "\(session)", peer]
            case .ended(let session, let peer): ["ended", "\(session)", peer]
            case .refused(let peer, let reason): ["refused", peer, reason]
            case .handedOver(let cut): ["handed over", "\(cut)"]
            case .promoting: ["promoting"]
            case .promoted(let generation): ["promoted", generation]
            case .lowered: ["lowered"]
            }
        return words.map { $0.split { $0.isNewline || $0 == "\t" }.joined(separator: " ") }.joined(separator: "\t")
    }

    package init?(line: some StringProtocol) {
        let words = String(line).split(separator: "\t" as Character, omittingEmptySubsequences: false).map {
            String($0)
        }
        switch (words.first, words.count) {
        case ("opened", 4):
            guard let session = UInt64(words[1]) else { return nil }
            self = .opened(session: session, peer: words[2], generation: words[3])
        case ("fenced", 3):
            guard let session = UInt64(words[1]) else { return nil }
            self = .fenced(session: session, peer: words[2])
        case ("ended", 3):
            guard let session = UInt64(words[1]) else { return nil }
            self = .ended(session: session, peer: words[2])
        case ("refused", 3): self = .refused(peer: words[1], reason: words[2])
        case ("handed over", 2):
            guard let cut = UInt64(words[1]) else { return nil }
            self = .handedOver(cut: cut)
        case ("promoting", 1): self = .promoting
        case ("promoted", 2): self = .promoted(generation: words[1])
        case ("lowered", 1): self = .lowered
        default: return nil
        }
    }
}
