import TandemCore

/// What one seed decides before the first step: sizes, speeds, and which faults may happen. Times are virtual
/// nanoseconds, a step of memory being one; everything is a hundred times faster than on a machine, so that a seed
/// takes a millisecond.
struct Plan {
    let writers: Int
    let transactionsEach: Int
    /// Mean steps that an actor runs before another may.
    let burstMean: Int
    /// Stores that may wait in a writer's store buffer.
    let storeLimit: UInt32
    /// Chance, of 8, that a paused moment drains somebody's store buffer.
    let drainEighths: Int
    /// In so many of sixteen times that it could run the engine does not: its captures last, and undo logs fill up.
    let engineWaits: Int
    let options: EngineOptions
    let device: DevicePlan
    /// Mean time between two faults; nil: none.
    let faultMean: UInt64?
    let powerCuts: Bool
    /// The smaller one does not hold a cut of everything.
    let journalBytes: Int
    /// Rarely: the copy is promoted behind the engine's back, and the old primary must notice.
    let supersedes: Bool
    /// Rarely: the source's file is put back as it was earlier, while the copy has gone on.
    let putsSourceBack: Bool
    /// Each writer's chance, of 16, to keep to a few hot records.
    let hotSixteenths: Int
    /// Mean pause between two transactions of a writer.
    let thinkMean: UInt64
    /// Copies besides the one that all faults are aimed at, and what they are made from.
    let siblings: Int
    let siblingSeed: UInt64
    /// Now and then the source is handed over to a copy, and nobody promotes it.
    let handsOver: Bool
    /// The copies are in the memory of standbys, which apply what arrives.
    let arrives: Bool
    /// Some writers change a keyed table besides; nil: there is none.
    let keyed: KeyedPlan?
    /// The way to the copies, which are at standbys; nil: what is asked of them is asked on this host.
    let network: NetworkPlan?
    /// Staging memory of each copy's journal.
    let journalStaging: Int
    /// Chance, of 16, that a lane that is handed a job does not run for a while.
    let laneSixteenths: Int

    static let siblingsMax = 3
    static let lanesMax = 3

    /// - Parameter hasLanes: false: as if no seed had lanes. Those that have none take the same steps.
    init(random: inout SeededRandom, hasLanes: Bool = true) {
        writers = random.below(8) == 0 ? 1 : 2 + random.below(2)
        let transactions = 10 + random.below(random.below(4) == 0 ? 120 : 40)
        burstMean = [2, 8, 30, 120, 500][random.below(5)]
        storeLimit = [0, 1, 4, 20, 63][random.below(5)]
        drainEighths = [1, 4, 8][random.below(3)]
        engineWaits = [0, 8, 14, 15][random.below(4)]
        device = DevicePlan(random: &random)
        faultMean = random.below(4) == 0 ? nil : [8_000, 30_000, 120_000][random.below(3)]
        powerCuts = random.below(3) == 0
        journalBytes = random.below(2) == 0 ? 16 << 10 : 64 << 10
        supersedes = random.below(16) == 0
        hotSixteenths = [0, 8, 14, 16][random.below(4)]
        thinkMean = [0, 100, 3_000][random.below(3)]
        var options = Self.options(&random, durable: powerCuts || random.below(3) == 0)
        putsSourceBack = !supersedes && random.below(8) == 0
        options.adopts = putsSourceBack && random.below(3) == 0
        // From a copy of the dice: what follows them is the same with and without.
        var dice = random
        siblings = supersedes || putsSourceBack ? 0 : max(0, dice.below(8) - 4)
        siblingSeed = dice.next()
        options.missedPagesInWindow = 1 + dice.below(3)
        handsOver = !supersedes && !putsSourceBack && dice.below(4) == 0
        keyed = KeyedPlan(&dice)
        arrives = !powerCuts && dice.below(3) == 0
        if hasLanes, dice.below(4) == 0 {
            options.lanes = 1 + dice.below(Self.lanesMax)
            // Several runs in a window.
            options.imagePagesInBulk = 4 + dice.below(12)
            options.imagePagesInSync = 1 + dice.below(8)
        }
        laneSixteenths = [0, 2, 8][dice.below(3)]
        network = NetworkPlan(&dice, arrives: arrives, putsSourceBack: putsSourceBack)
        // Cuts of several chunks, and sometimes of more than there is memory for.
        let chunks = dice.below(3) == 0 ? 3 + dice.below(4) : nil
        options.journalChunkBytes = chunks == nil ? CutBody.usualChunkBytes : 4 << 10
        journalStaging = options.journalChunkBytes * (chunks ?? 3)
        self.options = options
        // Those with keys take more steps.
        transactionsEach = keyed == nil ? transactions : transactions * 2 / 3
    }

    private static func options(_ random: inout SeededRandom, durable: Bool) -> EngineOptions {
        var options = EngineOptions.hundredfold
        options.durable = durable
        options.cutInterval = [200, 2_000, 10_000][random.below(3)]
        options.bulkCutInterval = options.cutInterval * UInt64(1 + random.below(5))
        options.rebuildsBeside = random.below(4) != 0
        options.deadlines.lateAfter = 100_000
        options.deadlines.flushAllowance = 50_000
        options.deadlines.flushBytesPerMicrosecond = 16_000
        options.deadlines.steadyAfter = 400_000
        options.reclaim.appliesJournal = random.below(2) == 0
        options.reclaim.replayBytesPerPoll = 1 + random.below(3) * 8 << 10
        options.maxAge = random.below(4) == 0 ? 2_000 : 0
        options.throttleInterval = 500
        options.reclaim.trickleInterval = [5_000, 50_000][random.below(2)]
        options.imagePagesInSync = 1 + random.below(4)
        options.imagePagesInBulk = 1 + random.below(4)
        options.onlyWindow = random.below(3) == 0 ? .always : .whenOutrun
        options.capture.pagesPerPoll = 1 + random.below(4)
        // A pass over some 60 KiB in 60 or 600 µs.
        options.scrubBytesPerSecond = 1 << (27 + 3 * random.below(2))
        return options
    }
}

extension EngineOptions {
    /// The times that all plans have in common, in virtual nanoseconds.
    static var hundredfold: EngineOptions {
        var options = EngineOptions()
        options.restPerRecord = 10
        options.restPerPreImage = 80
        options.restMax = 20_000
        options.patience = 20_000
        options.deadlines.stuckAfter = 2_000_000
        options.capture.inDoubtAfter = 50_000
        options.deadlines.probeIntervalMin = 5_000
        options.deadlines.probeIntervalMax = 40_000
        options.deadlines.watchInterval = 10_000
        options.deadlines.handedOverInterval = 1_000
        options.reviveInterval = 10_000
        options.imagePagesUnderPressure = 4
        options.lanePagesMin = 1
        options.lanePatience = 5_000
        options.laneRestMin = 10_000
        options.laneRestMax = 100_000
        return options
    }
}

/// How the copy's device behaves.
struct DevicePlan {
    let writeMean: UInt64
    let flushMean: UInt64

    init(writeMean: UInt64, flushMean: UInt64) {
        self.writeMean = writeMean
        self.flushMean = flushMean
    }

    init(random: inout SeededRandom) {
        writeMean = [50, 800, 5_000][random.below(3)]
        flushMean = writeMean * UInt64(1 + random.below(4))
    }
}
