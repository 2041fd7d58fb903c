/// The undo room of all writers: equal segments, and a word for each that says whose it is.
///
/// The first segments are the writers' homes, one each, for ever. The others are claimed by who needs one and given
/// back; a writer's segments form a chain from its home on. Every word may have been written by anybody.
@frozen public struct UndoPool: @unchecked Sendable {
    private let words: UnsafeMutableRawPointer
    private let segments: UnsafeMutableRawPointer
    private let homes: Int
    let segmentCount: Int
    /// The size of one segment, a power of two.
    let segmentBytes: Int

    init(base: UnsafeMutableRawPointer, layout: FileLayout) {
        words = base + layout.runtime.segmentWords
        segments = base + layout.runtime.segments
        homes = layout.writerCount
        segmentCount = layout.undoSegments
        segmentBytes = layout.undoSegmentBytes
    }

    /// The same in units of 16 bytes, which positions count.
    var segmentUnits: Int { segmentBytes >> 4 }
    /// Units of the longest log that there can be.
    var units: Int { min(segmentCount * segmentUnits, UndoPosition.unitsMax) }

    func start(of segment: Int) -> UnsafeMutableRawPointer { segments + segment &* segmentBytes }
    func word(_ segment: Int) -> SharedWord { words.word(at: segment &* 8) }

    /// The segment that the word leads to, if it is this writer's.
    func next(behind word: SegmentWord, of writer: Int) -> Int? {
        guard let next = word.next, isClaimed(next, by: writer) else { return nil }
        return next
    }

    /// Where the log of `writer` goes on behind `segment`.
    func next(behind segment: Int, of writer: Int) -> Int? {
        // Acquire: what the link leads to was claimed and written before it was linked.
        next(behind: SegmentWord(word: word(segment).loadAcquiring()), of: writer)
    }

    /// As a writer's slot names a segment: 0 is its home.
    func segment(named number: UInt64, of writer: Int) -> Int? {
        if number == 0 { return writer }
        let segment = Int(clamping: number)
        return isClaimed(segment, by: writer) ? segment : nil
    }

    func isClaimed(_ segment: Int, by writer: Int) -> Bool {
        (homes ..< segmentCount).contains(segment) && SegmentWord(word: word(segment).load()).writer == writer
    }

    /// Takes a free segment for a transaction of `writer`, the first from `hint` on; nil when there is none.
    ///
    /// One exchange both takes and names the owner: who dies here has it or has not.
    func claim(for writer: Int, transaction: UInt64, from hint: Int) -> Int? {
        let mine = SegmentWord(writer: writer, next: nil, transaction: transaction)
        var segment = (homes ..< segmentCount).contains(hint) ? hint : homes
        for _ in homes ..< segmentCount {
            let word = word(segment)
            // A full barrier: what its last owner has stored there comes before what this one will.
            if word.load() == 0, word.compareExchange(0, mine.word) { return segment }
            segment = segment + 1 == segmentCount ? homes : segment + 1
        }
        return nil
    }

    /// Frees the first segment behind the home of `writer`, whose word is `home`, and stamps that word. Returns it as
    /// it is then; nil if it has changed meanwhile, so that nothing was done.
    ///
    /// Unlinked before it is free: else a writer that goes on there would find it claimed by another. Who dies between
    /// the two leaves one segment that nobody uses, until the slot has its next writer: see `settle`.
    func free(behind home: SegmentWord, of writer: Int, stamp transaction: UInt64) -> SegmentWord? {
        let first = next(behind: home, of: writer)
        let word = first.map { SegmentWord(word: self.word($0).load()) }
        let rest = home.leading(to: word?.next).stamped(transaction)
        // A full barrier: the writer's own exchange comes before this one, or fails.
        guard self.word(writer).compareExchange(home.word, rest.word) else { return nil }
        // By exchange of that very word: somebody else may be doing the same, and it may have a new owner by now.
        if let first, let word { _ = self.word(first).compareExchange(word.word, 0) }
        return rest
    }
}

extension UndoPool {
    /// The segments behind the home of `writer`, in their order.
    package func chain(of writer: Int) -> [Int] {
        var chain: [Int] = []
        var last = writer
        while chain.count < segmentCount, let next = next(behind: last, of: writer) {
            chain.append(next)
            last = next
        }
        return chain
    }

    /// Segments that are nobody's.
    package var freeCount: Int { (homes ..< segmentCount).reduce(0) { $0 + (word($1).load() == 0 ? 1 : 0) } }
}
