// The README's lines, and the natural next step: a function that is handed the writer.
import Tandem

struct Call: BitwiseCopyable { var state = 0, trunk = 0 }
let table = TableDefinition.of(Call.self, name: "calls", capacity: 1_000_000, sharing: .partitioned)
let source = try SourceDataFile.openOrCreate(at: "/dev/shm/exchange", tables: [table])
let calls = try source.table("calls", of: Call.self)
var writer = try source.makeWriter()
try writer.transaction { change throws(TandemError) in
    try change.set(calls, at: 42, to: Call(state: 1, trunk: 7))
    try change.update(calls, at: 43) { $0.state = 2 }
}
print(try calls.read(at: 42).trunk)

func answer(_ call: Int, in calls: DataTable<Call>, by writer: inout Writer) throws(TandemError) {
    try writer.transaction { change throws(TandemError) in try change.update(calls, at: call) { $0.state = 2 } }
}
try answer(42, in: calls, by: &writer)
