/// What lanes are handed, and what they answer.
extension ReplicationEngine {
    /// What this poll hands to lanes.
    package var laneJobs: [LaneJob] { lanes.jobs }

    /// What lanes have answered since the last poll, behind `begin`. A copy is followed until all of its have.
    package mutating func take(_ answers: [LaneAnswer]) {
        lanes.begin(at: now)
        for answer in answers {
            lanes.take(answer)
            // By places: a closure would be handed a copy of each follower.
            for place in followers.indices where followers[place].area.copy == answer.copy {
                followers[place].bulk.take(answer)
            }
        }
        lanes.endRests()
    }

    /// The window has been looked at. Where its images are all read the next one is opened at once, so that lanes read
    /// while they are written; and while lanes read, the next poll comes soon.
    mutating func readBesideLanes() {
        if source.window == nil, lanes.hasClosed {
            openIfDue()
            if let next = source.window { readWindow(next) }
        }
        guard source.window != nil else { return }
        for place in followers.indices where followers[place].bulk.usesLanes { isReading = true }
    }
}
