/// Which copies a source knows.
extension RuntimeArea {
    /// With the block of each, whether it is anybody's or not.
    package var copies: [RuntimeArea] { (0 ..< RuntimeLayout.copiesMax).map(of) }

    /// Those that the last replicator was given, in its order; the first block, if none has run.
    package var followed: [RuntimeArea] {
        let given = copies.map { (area: $0, place: $0.replicator.place.loadAcquiring()) }
            .filter { (1 ... UInt64(RuntimeLayout.copiesMax)).contains($0.place) }
            .sorted { ($0.place, $0.area.copy) < ($1.place, $1.area.copy) }
        return given.isEmpty ? [of(copy: 0)] : given.map(\.area)
    }

    /// The words of the first of them; for who looks often.
    package var firstFollowed: ReplicatorBlock {
        var (first, least) = (0, UInt64.max)
        for number in layout.runtime.copies.indices {
            let place = words(of: layout.runtime.copies[number]).place.load()
            if place != 0, place < least { (first, least) = (number, place) }
        }
        return words(of: layout.runtime.copies[first])
    }

    /// Those that the source knows besides.
    package var absent: [RuntimeArea] {
        let followed = followed.map(\.copy)
        return copies.filter { $0.replicator.id != .none && !followed.contains($0.copy) }
    }

    /// Those that have a block, there or not.
    package var knownCopies: Int { layout.runtime.copies.count { words(of: $0).id != .none } }

    /// Copies that hold cut `epoch`, by their own words.
    package func holders(of epoch: UInt64) -> Int {
        layout.runtime.copies.count {
            words(of: $0).id != .none && words(of: $0).committed.loadAcquiring() >= epoch
        }
    }

    /// For people: the process that follows the source, as one of its copies says. 0 if none does.
    package var replicatorProcess: UInt64 {
        let followed = layout.runtime.copies.map(words).filter { $0.place.load() > 0 }
        return followed.map { $0[.process].load() }.first { $0 > 0 } ?? 0
    }

    private func words(of copy: CopyBlockLayout) -> ReplicatorBlock {
        ReplicatorBlock(base: memory.base + copy.replicator)
    }

    /// Makes the block that of a copy of which nothing is known yet.
    package func begin(_ id: CopyID) {
        forget()
        replicator.clear()
        for bits in [taken, owed, missed] { bits.removeAll() }
        // Last: whoever dies before leaves a block that is nobody's.
        replicator.id = id
    }

    /// Nobody's from here on: what this copy misses is not remembered any more, and what it holds neither.
    package func forget() {
        replicator.place.store(0)
        replicator.id = .none
    }
}

extension ReplicatorBlock {
    /// What is said of a copy is taken back. What stands here of the source stays.
    fileprivate func clear() {
        for field in Field.allCases where field != .undoWanted { self[field].store(0) }
        for counter in Counter.allCases where !counter.isOfSource { self[counter].store(0) }
        for text in [copyPath, driverName] { text.initializeMemory(as: UInt8.self, repeating: 0) }
        for word in [committed, shipping, place] { word.store(0) }
    }
}

extension Counter {
    /// It counts what happens to the source, and not to one of its copies. It stands in the first block.
    package var isOfSource: Bool {
        switch self {
        case .cutsAbandoned, .writersRevived, .damagedRecords, .preImages: true
        default: false
        }
    }
}
