internal import Tandem

/// Tandem, finding records by their keys in the same minutes as others do.
final class TandemFinds {
    private let memory: Scratch
    private let keyed: KeyedStation
    /// Random ones of all that it has.
    private let asked: [UInt64]

    init(bytes: Int, scale: Double) throws {
        memory = try Scratch()
        let count = max(16, bytes / BenchRecord.slotBytes)
        let keyed = try KeyedStation(memory, count: count)
        self.keyed = keyed
        let all = try WorkerThread.run(cpu: Processors.writer) { try keyed.fill() }
        asked = KeyedStation.drawn(max(20_000, Int(2_000_000 * scale)), from: all)
    }

    func nanosecondsEach() throws -> Double {
        let (keyed, asked) = (keyed, asked)
        return try WorkerThread.run(cpu: Processors.writer) {
            var sum: UInt64 = 0
            let time = try Clock.each(asked.count) { sum = try keyed.look(asked, sum) }
            return sum == .max ? .nan : time
        }
    }
}
