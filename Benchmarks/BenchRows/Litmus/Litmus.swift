internal import TandemCore
internal import TandemSystem

/// Runs an order's rounds on two processors and counts what is lost.
///
/// A step is `width` rounds, each in a source of its own: the writer runs its transactions in turn, and the controller
/// opens each and looks at it at once, which is when a store may still be in the writer's buffer. What the controller
/// does is the same with the writer's barrier and without.
struct Litmus<Order: StoreLoadOrder> {
    let rounds: Int
    private let width = 16

    func lost(_ ordering: Ordering) throws -> Int {
        let sources = try (0 ..< width).map { _ in try LitmusSource() }
        let meeting = try AnonymousMemory(byteCount: 4096)
        let rendezvous = Rendezvous(base: meeting.base)
        let steps = UInt64((rounds + width - 1) / width)
        let writer = WorkerThread(cpu: Processors.writer) { Self.write(sources, steps, rendezvous, ordering) }
        let lost = try WorkerThread.run(cpu: Processors.replicator) { Self.control(sources, steps, rendezvous) }
        writer.join()
        withExtendedLifetime(meeting) {}
        return lost
    }

    private static func write(
        _ sources: [LitmusSource], _ steps: UInt64, _ rendezvous: Rendezvous, _ ordering: Ordering
    ) {
        // Not an array, as a transaction cannot be copied.
        let transactions = UnsafeMutablePointer<WriterLog>.allocate(capacity: sources.count)
        for (place, source) in sources.enumerated() {
            (transactions + place).initialize(to: WriterLog(memory: source.memory, writer: 0))
        }
        for step in 1 ... steps {
            rendezvous.awaitStart(step)
            for place in sources.indices { sources[place].transact(&transactions[place], value: step, ordering) }
            rendezvous.finish(step)
        }
        transactions.deinitialize(count: sources.count)
        transactions.deallocate()
    }

    private static func control(_ sources: [LitmusSource], _ steps: UInt64, _ rendezvous: Rendezvous) -> Int {
        var orders = sources.map { Order($0) }
        var aim = Aim()
        var lost = 0
        for step in 1 ... steps {
            for place in orders.indices { orders[place].prepare() }
            rendezvous.start(step)
            rendezvous.delay(aim.next())
            for place in orders.indices {
                orders[place].open()
                orders[place].look()
            }
            rendezvous.awaitFinish(step)
            var early = 0
            for place in orders.indices {
                let verdict = orders[place].settle()
                if verdict.isLost { lost += 1 }
                if verdict.wasEarly { early += 1 }
            }
            aim.adjust(early: early, late: orders.count - early)
        }
        return lost
    }
}
