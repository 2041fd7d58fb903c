import Glibc
import Tandem

/// What one worker is to do.
struct WorkerPlan {
    var number: Int
    var count: Int
    /// nil: until it is told to stop.
    var seconds: Double?
    /// Transactions a second; nil: as many as it can.
    var rate: Double?
    var acknowledgements: String?
    /// One in so many commits asks to be replicated.
    var acknowledgeEvery: Int
}

/// What it did.
struct WorkerOutcome: Codable, Equatable {
    var worker = 0
    var transactions = 0
    var setUps = 0
    var releases = 0
    /// Commits that asked to be replicated and were, and those whose deadline passed.
    var acknowledged = 0
    var unacknowledged = 0
    /// Calls that were up when it came, carried over from an earlier life.
    var callsFound = 0
    var seconds: Double = 0
}

/// One worker of the exchange: one process, one writer, one shard of the calls.
struct Worker: ~Copyable {
    private let plan: WorkerPlan
    private let tables: ExchangeTables
    private let lock: ShardLock
    private let log: AcknowledgementLog?
    private var writer: Writer
    private var shard: Shard
    private var random: RandomSource
    private(set) var outcome = WorkerOutcome()
    private let source: SourceDataFile
    /// While there is no whole copy nobody asks for one: traffic goes on, promising less.
    private var isCopyInSync = false
    private var lastLook: Instant = .now

    private static let replicationDeadline = 0.25
    private static let lookInterval = 0.1
    /// Transactions between two looks at the clock.
    private static let batch = 64

    init(_ plan: WorkerPlan, on source: SourceDataFile) throws {
        let tables = try ExchangeTables(in: source)
        let range = Shard.range(of: plan.number, among: plan.count, capacity: tables.calls.capacity)
        let lock = try ShardLock(range, in: source)
        let log: AcknowledgementLog? =
            if let path = plan.acknowledgements { try AcknowledgementLog(appendingTo: path) } else { nil }
        let shard = try Shard(range, in: tables.calls)
        // Last, as what has been made by then can be let go.
        let writer = try source.makeWriter()
        self.plan = plan
        self.source = source
        self.tables = tables
        self.lock = lock
        self.log = log
        self.shard = shard
        self.writer = writer
        random = RandomSource(seed: .random(in: 0 ... .max))
        outcome.worker = plan.number
        outcome.callsFound = shard.upCount
    }

    /// Traffic until the time is over or somebody says stop.
    mutating func run() throws {
        let start = Instant.now
        let end = plan.seconds.map { start + $0 }
        defer { outcome.seconds = Instant.now - start }
        let batch = plan.rate.map { max(1, min(Self.batch, Int($0 / 1000))) } ?? Self.batch
        while !Interruption.isRequested {
            let now = Instant.now
            if let end, now >= end { return }
            if log != nil, now - lastLook > Self.lookInterval { lookAtCopy(now) }
            for _ in 0 ..< batch { try switchOne() }
            if let rate = plan.rate { (start + Double(outcome.transactions) / rate).sleep() }
        }
    }

    private mutating func switchOne() throws {
        let choice = random.next()
        if shard.wantsSetUp(choice), let index = shard.takeIdle() {
            let route = ExchangeTables.Route(
                choosingWith: &random, trunks: tables.trunks.capacity, accounts: tables.accounts.capacity)
            let tables = tables
            try commit(index) { (transaction: inout Transaction) throws(TandemError) in
                try tables.setUp(index, by: route, in: &transaction)
            }
            outcome.setUps += 1
        } else if let index = shard.takeUp(random.next()) {
            let tables = tables
            try commit(index) { (transaction: inout Transaction) throws(TandemError) in
                try tables.release(index, in: &transaction)
            }
            outcome.releases += 1
        }
        outcome.transactions += 1
    }

    private mutating func lookAtCopy(_ now: Instant) {
        lastLook = now
        isCopyInSync = StatusReading(of: source).isInSync
    }

    /// Tried again while the source is being handed over: in a moment it goes on, or a copy has taken over.
    private mutating func commit(
        _ call: Int, _ body: (inout Transaction) throws(TandemError) -> UInt64
    ) throws {
        while true {
            do { return try commitOnce(call, body) } catch let error as TandemError {
                guard error.code == .handingOver else { throw error }
                Instant.sleep(seconds: 0.001)
            }
        }
    }

    @inline(__always)
    private mutating func commitOnce(
        _ call: Int, _ body: (inout Transaction) throws(TandemError) -> UInt64
    ) throws {
        if isCopyInSync, outcome.transactions % plan.acknowledgeEvery == 0 {
            try commitReplicated(call, body)
        } else {
            _ = try writer.transaction(body)
        }
    }

    @inline(never)
    private mutating func commitReplicated(
        _ call: Int, _ body: (inout Transaction) throws(TandemError) -> UInt64
    ) throws {
        let sequence: UInt64
        do throws(TandemError) {
            sequence = try writer.transaction(replicatedWithin: .seconds(Self.replicationDeadline), body)
        } catch {
            guard error.code == .notReplicatedInTime else { throw error }
            // Committed here all the same, and on its way.
            outcome.unacknowledged += 1
            isCopyInSync = false
            return
        }
        try log?.append(Acknowledgement(worker: plan.number, call: call, sequence: sequence))
        outcome.acknowledged += 1
    }
}
