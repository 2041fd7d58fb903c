import Glibc
import Tandem
import TandemCore
import TandemSystem
import TandemTables

/// The shared memory that writers die over, as small as the limits allow, and put back as it was before each death.
final class KillPointFixture {
    /// A living writer of this process, so that the victim gets the other slot.
    static let neighbourSlot = 0
    static let victimSlot = 1

    let path: String
    let source: SourceDataFile
    let tables: [RawDataTable]
    var neighbour: Writer
    /// How a capture reads these records.
    var reader: RecordReader
    /// Right after creation, at the first mark, at the second one of who was not killed, at the death.
    let blank: Image
    let marked: Image
    let done: Image
    let dead: Image
    /// Keys that fill two homes of the keyed table, and the chain of one of them.
    let chained: ChainedKeys

    init(path: String) throws(TandemError) {
        var options = SourceOptions()
        options.writers = 2
        // Two homes and two segments besides.
        options.undoBytes = 8 << 10
        options.undoSegmentBytes = 2 << 10
        options.journalBytes = 1 << 20
        self.path = path
        source = try SourceDataFile.create(
            at: path,
            tables: [
                .of(Call.self, name: "calls", capacity: 32, sharing: .partitioned),
                .of(Trunk.self, name: "trunks", capacity: 16, sharing: .shared),
            ] + .keyed("dialogs", key: UInt64.self, of: Trunk.self, capacity: 48, load: 1, partitions: 2),
            options: options)
        var tables: [RawDataTable] = []
        for table in source.tables { tables.append(try source.rawTable(table.name)) }
        self.tables = tables
        chained = try ChainedKeys(in: source)
        neighbour = try source.makeWriter()
        reader = RecordReader(memory: source.memory)
        blank = Image(of: source)
        marked = Image(of: source)
        done = Image(of: source)
        dead = Image(of: source)
    }

    var area: RuntimeArea { source.area }
    var victim: WriterSlot { source.memory.writer(Self.victimSlot) }
    var victimState: SlotState { SlotState(rawValue: victim.statusWord & 7)! }

    /// The records whose values differ from the first mark to the second.
    var changes: [Place] {
        source.layout.tables.flatMap { table in
            (0 ..< table.capacity).map { Place(table: table.number, index: $0) }.filter { place in
                memcmp(marked.payload(of: place, table), done.payload(of: place, table), table.payloadBytes) != 0
            }
        }
    }

    /// No page is dirty: as if a cut had just taken all changes so far.
    func clean() {
        let runtime = source.layout.runtime
        (source.memory.base + runtime.dirty).initializeMemory(
            as: UInt8.self, repeating: 0, count: runtime.wordCount * 8)
        (source.memory.base + runtime.dirtySummary)
            .initializeMemory(as: UInt8.self, repeating: 0, count: runtime.summaryCount * 8)
        (source.memory.base + runtime.changes)
            .initializeMemory(as: UInt8.self, repeating: 0, count: source.layout.pageCount * ChangeMap.bytesPerPage)
    }

    /// A capture begins, and does not end: E moves as the engine moves it.
    func openWindow() { area.epoch.add(1) }

    /// It has been read.
    static func closeWindow(of source: SourceDataFile) {
        source.area.captured.storeReleasing(source.area.epoch.load() - 1)
    }

    /// All undo room but the homes is the neighbour's, in a transaction that it is about to begin.
    func takeAllRoom() { source.memory.claimAllRoom(for: Self.neighbourSlot) }

    /// The cut that is being captured; nil if none is.
    var runningCut: UInt64? {
        let cut = area.epoch.load() - 1
        return area.captured.load() == cut ? nil : cut
    }

    func neighbourWrites(stage: Int, _ places: [Place]) throws(TandemError) {
        try neighbour.transaction { change throws(TandemError) in
            for place in places { try write(place, stage, in: &change) }
        }
    }

    func write(_ place: Place, _ stage: Int, in change: inout Transaction) throws(TandemError) {
        try change.update(tables[place.table], at: place.index) {
            Self.fill($0.baseAddress!, $0.count, place.word(stage))
        }
    }

    /// A transaction of that slot which has changed these records and is not ended.
    func leaveOpen(stage: Int, _ places: [Place], slot: Int) throws(TandemError) {
        var open = WriterLog(memory: source.memory, writer: slot)
        try open.begin()
        for place in places {
            let layout = source.layout.tables[place.table]
            let payload = try open.hold(TableView(layout: layout, memory: source.memory), place.index)
            Self.fill(payload, layout.payloadBytes, place.word(stage))
        }
    }

    /// The victim's open transaction has committed, and done nothing after that.
    func passCommitPoint() {
        victim.commitEpochWord = area.epoch.load()
        victim.statusWord += SlotState.committed.rawValue - SlotState.active.rawValue
    }

    private static func fill(_ payload: UnsafeMutableRawPointer, _ count: Int, _ word: UInt64) {
        for offset in stride(from: 0, to: count, by: 8) {
            payload.storeBytes(of: word, toByteOffset: offset, as: UInt64.self)
        }
    }
}

/// The lowest three bits of a slot's status.
enum SlotState: UInt64 { case idle, active, committing, committed }
