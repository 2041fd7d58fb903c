/// Copies come and go while the others are kept.
extension ReplicationEngine {
    /// Follows one copy more, behind those that there are. The open window, if there is one, goes on without it: what
    /// it takes is missed by this copy, as it was absent when it was opened, or is new and gets everything.
    package mutating func follow(_ copy: FollowedCopy) {
        precondition(
            followers.count < RuntimeLayout.copiesMax && !followers.contains { $0.area.copy == copy.number },
            "copy \(copy.number) beside \(followers.map(\.area.copy))")
        source.noteNotAbsent(copy.number)
        begin(copy)
    }

    /// Begins nothing new for a copy. When `hasLeft` says so it can be removed.
    package mutating func letGo(_ place: Int, _ reason: CopyReason = .detached) {
        followers[place].letGo(reason)
        endDeserted()
    }

    /// Nothing of it is under way.
    package func hasLeft(_ place: Int) -> Bool { followers[place].hasLeft }

    /// Follows a copy no more that has left: from here on it misses what the others take.
    package mutating func remove(_ place: Int) {
        precondition(followers[place].hasLeft && followers.count > 1)
        let number = followers.remove(at: place).area.copy
        source.noteAbsent(number)
        noteCompany()
        // Its driver was the one that looked for dead writers.
        if place == 0 { warden.forgetAsked() }
    }

    /// What a copy misses that nobody follows is not remembered any more.
    package mutating func forget(_ number: Int) {
        source.noteNotAbsent(number)
        area.of(copy: number).forget()
    }
}
