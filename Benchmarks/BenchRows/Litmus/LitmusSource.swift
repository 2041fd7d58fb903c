internal import TandemCore
internal import TandemSystem

/// Shared memory with one partitioned table and one writer slot, as a source has it, and the production types over it.
struct LitmusSource: @unchecked Sendable {
    let layout: FileLayout
    let memory: SourceMemory
    let area: RuntimeArea
    let table: TableView
    private let mapped: AnonymousMemory

    init() throws {
        layout = try FileLayout(
            tables: [TableDefinition(name: "litmus", payloadBytes: 240, capacity: 16, sharing: .partitioned)],
            writerCount: 1,
            undoBytes: 1 << 20, journalBytes: 1 << 20)
        mapped = try AnonymousMemory(byteCount: layout.tablesEnd)
        memory = SourceMemory(base: mapped.base, layout: layout)
        area = RuntimeArea(memory: memory, layout: layout)
        area.initialize(afterCut: 0)
        table = TableView(layout: layout.tables[0], memory: memory)
    }

    /// One transaction on record 0, by the functions that every writer uses, with their barrier or without.
    @inline(__always)
    func transact(_ transaction: inout WriterLog, value: UInt64, _ ordering: Ordering) {
        while true {
            do throws(TandemError) {
                try transaction.begin()
                let payload = try transaction.hold(table, 0)
                payload.storeBytes(of: value, as: UInt64.self)
                switch ordering {
                case .asShipped: try transaction.commit()
                case .none: try transaction.commitWithoutBarrier()
                }
                return
            } catch {
                // As `Writer` does. The undo log is full when every transaction for long has begun inside a window: the
                // next begin abandons it.
                precondition(error.code == .conflict, "\(error)")
                transaction.rollBack()
            }
        }
    }
}

/// The full barrier in `commit`, or a plain store in its place.
enum Ordering {
    case asShipped
    case none
}
