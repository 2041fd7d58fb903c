import TandemCore

/// What a scenario's seed decides; the rest is the same in all of them.
struct ScenarioPlan {
    let seed: UInt64
    /// There is room for a new copy beside the old one.
    let hasRoomBeside: Bool
    /// The copy's first file is there already, as long as it will be and all zero, as a device is.
    let startsBlank: Bool
    /// Into the memory of a new source; else the copy becomes the source where it stands.
    let promotesElsewhere: Bool
    let plan: Plan

    init(seed: UInt64) {
        self.seed = seed
        var random = SeededRandom(seed: seed)
        hasRoomBeside = seed & 1 == 1
        startsBlank = [2, 4].contains(seed % 10)
        promotesElsewhere = seed % 3 == 0
        plan = Plan(scenario: &random, durable: seed % 5 != 4)
    }

    var summary: String {
        [
            "scenario \(seed)", plan.options.durable ? "durable" : "not durable",
            hasRoomBeside ? "room beside the copy" : "no room beside the copy",
            startsBlank ? "a blank file at first" : "no file at first",
            promotesElsewhere ? "promoted elsewhere" : "promoted in place",
        ].joined(separator: ", ")
    }
}

extension Plan {
    /// No faults of its own; a device that is quick, so that what is late is late by far.
    fileprivate init(scenario random: inout SeededRandom, durable: Bool) {
        writers = 3
        transactionsEach = 0
        burstMean = [30, 120, 500][random.below(3)]
        storeLimit = [0, 4, 20][random.below(3)]
        drainEighths = 4
        engineWaits = 0
        device = DevicePlan(writeMean: 200, flushMean: 400)
        faultMean = nil
        powerCuts = true
        journalBytes = 16 << 10
        supersedes = false
        putsSourceBack = false
        hotSixteenths = 14
        thinkMean = 1_000
        siblings = 0
        siblingSeed = 0
        handsOver = false
        keyed = nil
        arrives = false
        laneSixteenths = 0
        network = nil
        var options = EngineOptions.hundredfold
        options.durable = durable
        options.reclaim.appliesJournal = random.below(2) == 0
        options.reclaim.replayBytesPerPoll = 4 << 10
        options.cutInterval = 1_000
        options.bulkCutInterval = 2_000
        options.deadlines.lateAfter = 30_000
        options.deadlines.flushAllowance = 15_000
        options.deadlines.flushBytesPerMicrosecond = 1 << 20
        options.deadlines.steadyAfter = 100_000
        options.reclaim.trickleInterval = 8_000
        options.imagePagesInSync = 2
        options.imagePagesInBulk = 2
        options.capture.pagesPerPoll = 4
        // A pass of some 60 KiB takes as long as ten sweeps.
        options.scrubBytesPerSecond = 1 << 30
        self.options = options
        journalStaging = 3 * CutBody.usualChunkBytes
    }
}
