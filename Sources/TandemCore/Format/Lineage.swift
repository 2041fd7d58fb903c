internal import CTandemLayout

/// Where a life comes from: the lives before it, each with the cut at which the next one took over.
package struct Lineage: Sendable, Equatable {
    /// Newest first, at most 8.
    package private(set) var ancestors: [Generation]
    /// The last cut that was taken over from each ancestor. 0: not known, as where what was promoted was no whole cut.
    package private(set) var ends: [UInt64]
    /// The line's first generation, where it is not the last of the ancestors, or is known to be. Nil: not known.
    package private(set) var first: Generation?
    /// How often the line has been promoted. 0: not known, and at least as often as it has ancestors.
    package private(set) var promotions: UInt64

    package static let ancestorsMax = Int(TANDEM_ANCESTORS_MAX)

    package init(
        ancestors: [Generation] = [], ends: [UInt64] = [], first: Generation? = nil, promotions: UInt64 = 0
    ) {
        let kept = ancestors.prefix(Self.ancestorsMax)
        self.ancestors = Array(kept)
        self.ends = kept.indices.map { $0 < ends.count ? ends[$0] : 0 }
        self.first = first
        self.promotions = promotions
    }

    func contains(_ generation: Generation) -> Bool { ancestors.contains(generation) || first == generation }

    /// The last cut that the line has of `generation`: the life after it went on from there, and the life after that
    /// from a later one. So the end of a younger ancestor is too late by some, and never too early. Nil: not known.
    func end(of generation: Generation) -> UInt64? {
        let place = ancestors.firstIndex(of: generation) ?? ancestors.count - 1
        guard place >= 0 else { return nil }
        return ends[...place].last { $0 != 0 }
    }

    /// Whether that is the very cut: then the line has all that `generation` had committed up to it.
    func hasWhole(_ generation: Generation) -> Bool {
        ancestors.firstIndex(of: generation).map { ends[$0] != 0 } ?? false
    }
}

/// One life of a source, and where it comes from.
package struct Life: Sendable, Equatable {
    package let generation: Generation
    package let lineage: Lineage

    package init(_ generation: Generation, _ lineage: Lineage = Lineage()) {
        self.generation = generation
        self.lineage = lineage
    }

    /// The life that begins with a promotion of this one's copy at `cut`.
    package func next(_ generation: Generation, at cut: UInt64) -> Life {
        Life(
            generation,
            Lineage(
                ancestors: [self.generation] + lineage.ancestors, ends: [cut] + lineage.ends, first: first,
                promotions: promotions + 1))
    }

    /// The line's first generation; nil where the list of ancestors is full and nobody wrote it down.
    private var first: Generation? {
        if let first = lineage.first { return first }
        if lineage.ancestors.count == Lineage.ancestorsMax { return nil }
        return lineage.ancestors.last ?? generation
    }

    private var promotions: UInt64 { max(lineage.promotions, UInt64(lineage.ancestors.count)) }

    /// What `other` is to this life.
    ///
    /// The list of ancestors forgets all but eight. Two lives of one line of which neither knows the other are told
    /// apart by how often each has been promoted: nine promotions more, and the older one has been forgotten; fewer,
    /// and it would be in the list, so it is none of them.
    package func kin(_ other: Life) -> Kinship {
        if other.generation == generation { return .same }
        if other.lineage.contains(generation) { return .descendant }
        if lineage.contains(other.generation) { return ancestor(other.generation) }
        guard let first, first == other.first else { return .stranger }
        let forgets = UInt64(Lineage.ancestorsMax)
        if other.promotions > promotions, other.promotions - promotions > forgets { return .descendant }
        if promotions > other.promotions, promotions - other.promotions > forgets {
            return ancestor(other.generation)
        }
        return .cousin
    }

    private func ancestor(_ other: Generation) -> Kinship {
        .ancestor(end: lineage.end(of: other), isExact: lineage.hasWhole(other))
    }
}

/// What another life is to a source's own.
package enum Kinship: Equatable, Sendable {
    case same
    /// It has taken over from this one, or from one that has.
    case descendant
    /// This one has taken over from it. `end`: the last cut that it has of the other's, or, if it is not exact, a later
    /// one; nil: not known.
    case ancestor(end: UInt64?, isExact: Bool)
    /// Both come from one life, and neither from the other: two copies of it were promoted.
    case cousin
    /// Nothing says that they are of one line.
    case stranger
}
