internal import TandemCore
internal import TandemSystem
internal import TandemTypes

/// Who holds a source: its replicator and its writers, as each has said. Their locks say that they live.
struct SourceHolders {
    let text: String

    init(of path: String) throws(TandemError) {
        let source = try SourceDataFile.look(at: path)
        let layout = source.layout
        var words: [String] = []
        if try SlotLock.isHeld(file: source.file, byte: layout.lockByteOfEngine) {
            words.append("its replicator, \(Self.process(source.area.replicatorProcess))")
        }
        var writers: [UInt64: Int] = [:]
        for slot in 0 ..< layout.writerCount
        where try SlotLock.isHeld(file: source.file, byte: layout.lockByte(ofWriter: slot)) {
            writers[source.memory.writer(slot).summary.process, default: 0] += 1
        }
        for (process, count) in writers.sorted(by: { $0.key < $1.key }) {
            words.append("\(count == 1 ? "a writer" : "\(count) writers") of \(Self.process(process))")
        }
        // The lock of a promotion, a standby or another demotion is over all of it, and over each of these bytes.
        let isWhole = try SlotLock.isHeld(file: source.file, byte: 0)
        text = isWhole || words.isEmpty ? "a process that has all of it locked" : words.joined(separator: ", ")
    }

    private static func process(_ number: UInt64) -> String { number == 0 ? "a process" : "process \(number)" }
}
