/// Whether a copy that is syncing will be in sync, and when, judged by what has moved of late.
///
/// First the images that are missing have to arrive, then one cut that holds everything dirty. A cut holds what was
/// changed while the one before was brought over. So cuts shrink while changes come more slowly than cuts go, and grow
/// from one to the next where they come faster: up to what the writers change at all. That ends well only if the
/// journal can hold it.
///
/// The two rates are those by which pre-copy migration of virtual machines is judged (Clark et al., NSDI 2005).
package struct Convergence {
    package struct Outlook: Equatable {
        package var verdict = SyncVerdict.unknown
        /// Until the copy is in sync, if it converges.
        package var nanoseconds: UInt64 = 0
        /// Bytes a second that become dirty below the descriptors, and that cuts bring over: both of the times in which
        /// a cut was under way, so that pauses between cuts make neither look slow.
        package var dirtying: UInt64 = 0
        package var copying: UInt64 = 0
    }

    /// Each new sample makes the older ones count for less.
    private static let fading = 0.75
    private static let sampleInterval: UInt64 = 100_000_000
    /// A second without one, and the descriptor beyond it: it may not happen again.
    private static let failureCounts: UInt64 = 1_000_000_000
    /// Cuts of equal size, one after the other, have stopped to shrink.
    private static let outpacedFrom = 0.95
    /// What is seen below the descriptor says something of the whole from this part of the pages on.
    private static let outrunFrom = 16
    /// Cuts of a few pages wait for images more than for themselves.
    private static let pagesThatTell = 64.0

    private var cuts = CutSums()
    /// Share of the pages below the descriptor that the last cut held.
    private var share = 0.0
    private var lastCut: UInt64 = 0
    /// Where the descriptor stood when the last cut was opened.
    private var descriptor = 0

    private var imagePages = 0.0
    private var imageSeconds = 0.0
    private var pagesDone = 0
    private var lastAssessed: UInt64 = 0
    /// The farthest that the descriptor stood when a cut did not fit into the whole journal, and when that happened
    /// last.
    private var failure: (descriptor: Int, at: UInt64)?

    package init() {}

    /// A bulk copy begins, perhaps once more, as a cut did not fit: then what has been seen stays known.
    package mutating func begin(at now: UInt64) {
        pagesDone = 0
        if lastAssessed == 0 { lastAssessed = now }
    }

    /// A cut of everything dirty below page `limit` is being opened.
    package mutating func noteOpened(below descriptor: Int) { self.descriptor = descriptor }

    /// The empty journal could not hold a cut.
    package mutating func noteTooLarge(at now: UInt64, descriptor: Int) {
        failure = (max(descriptor, failure?.descriptor ?? 0), now)
    }

    /// Whether as much will be changed while a cut is brought over as it carries, when the descriptor stands at the
    /// end: by what is seen below it now. Then cuts grow from one to the next, up to what the writers change at all.
    package func isOutrun(pageCount: Int) -> Bool {
        guard cuts.carried >= Self.pagesThatTell, descriptor >= pageCount / Self.outrunFrom else { return false }
        return cuts.dirtied * Double(pageCount) / Double(descriptor) >= cuts.carried * Self.outpacedFrom
    }

    /// What the cuts that were looked at carried for each page; 0 before the first.
    package var bytesPerPage: Double { cuts.bytesPerPage }

    /// Looking at a cut means counting pages, so not every one is looked at.
    package func wantsCut(at now: UInt64) -> Bool { now &- lastCut >= Self.sampleInterval }

    /// A cut has become whole.
    ///
    /// - Parameters:
    ///   - pages: that had been taken for it.
    ///   - dirty: counts the pages below a limit that are dirty now: dirtied since, as all were taken.
    package mutating func noteCut(
        bytes: Int, pages: Int, opened: UInt64, at now: UInt64, dirty: (_ below: Int) -> Int
    ) {
        lastCut = now
        guard pages > 0, descriptor > 0, now > opened else { return }
        cuts.fade(by: Self.fading)
        cuts.carried += Double(pages)
        cuts.dirtied += Double(dirty(descriptor))
        cuts.bytes += Double(bytes)
        cuts.seconds += Double(now - opened) / 1e9
        share = min(1, Double(pages) / Double(descriptor))
    }

    /// - Parameters:
    ///   - pagesDone: images of this bulk copy that have arrived; `pagesLeft` those still to come.
    package mutating func assess(
        at now: UInt64, pagesDone: Int, pagesLeft: Int, isDirty: Bool, descriptor: Int, pageCount: Int,
        journalBytes: Int
    ) -> Outlook {
        noteImages(pagesDone, at: now)
        if let failure, descriptor > failure.descriptor, now &- failure.at > Self.failureCounts { self.failure = nil }
        var outlook = Outlook()
        outlook.copying = cuts.perSecond(cuts.carried)
        outlook.dirtying = cuts.perSecond(cuts.dirtied)
        let isOutpaced = cuts.carried > 0 && cuts.dirtied >= cuts.carried * Self.outpacedFrom
        guard failure == nil else {
            outlook.verdict = isOutpaced ? .outpaced : .journalTooSmall
            return outlook
        }
        guard let images = secondsForImages(pagesLeft) else { return outlook }
        // The last cut holds the same share of all pages as the ones before held of those below the descriptor.
        let lastPages = share * Double(pageCount)
        if !isDirty {
            outlook.converge(in: images)
        } else if cuts.carried == 0 {
            return outlook
        } else if isOutpaced, lastPages * cuts.bytesPerPage > Double(journalBytes) {
            outlook.verdict = .outpaced
        } else {
            outlook.converge(in: images + lastPages / cuts.carried * cuts.seconds)
        }
        return outlook
    }

    private mutating func noteImages(_ done: Int, at now: UInt64) {
        guard now > lastAssessed else { return }
        imagePages = imagePages * Self.fading + Double(max(0, done - pagesDone))
        imageSeconds = imageSeconds * Self.fading + Double(now - lastAssessed) / 1e9
        pagesDone = done
        lastAssessed = now
    }

    /// Nil while none arrives.
    private func secondsForImages(_ left: Int) -> Double? {
        guard left > 0 else { return 0 }
        return imagePages > 0.5 ? Double(left) / imagePages * imageSeconds : nil
    }
}

extension Convergence.Outlook {
    fileprivate mutating func converge(in seconds: Double) {
        verdict = .converging
        // A hundred years are as good as any longer time, and fit.
        nanoseconds = UInt64(min(max(seconds, 0), 3e9) * 1e9)
    }
}

/// What the cuts that were looked at add up to: pages carried, pages dirtied meanwhile, bytes, and the time they took.
private struct CutSums {
    var carried = 0.0
    var dirtied = 0.0
    var bytes = 0.0
    var seconds = 0.0

    var bytesPerPage: Double { carried > 0 ? bytes / carried : 0 }

    mutating func fade(by factor: Double) {
        carried *= factor
        dirtied *= factor
        bytes *= factor
        seconds *= factor
    }

    func perSecond(_ pages: Double) -> UInt64 { seconds > 0 ? UInt64(min(pages * bytesPerPage / seconds, 1e18)) : 0 }
}
