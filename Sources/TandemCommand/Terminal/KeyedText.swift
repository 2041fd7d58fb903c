import Tandem
import TandemTables

/// How full a source's keyed tables are, for people and programs.
struct KeyedFill: Encodable {
    let name: String
    let capacity: Int
    let keys: Int
    /// Keys for each place in the buckets.
    let load: Double
    let overflowBuckets: Int
    let overflowBucketsUsed: Int
    /// What keeps it from being told; null where nothing does.
    let problem: String?

    private enum CodingKeys: CodingKey {
        case name, capacity, keys, load, overflowBuckets, overflowBucketsUsed, problem
    }

    /// Those of all keyed tables of the source.
    static func read(from source: SourceDataFile) -> [KeyedFill] {
        RawKeyedTable.names(in: source).map { name in
            do throws(TandemError) {
                return KeyedFill(name, try RawKeyedTable(lookingAt: name, in: source)?.fill())
            } catch {
                return KeyedFill(name, nil, problem: "\(error)")
            }
        }
    }

    private init(_ name: String, _ fill: TableFill?, problem: String? = nil) {
        self.name = name
        self.problem = problem
        capacity = fill?.capacity ?? 0
        keys = fill?.count ?? 0
        load = fill?.load ?? 0
        overflowBuckets = fill?.overflowBuckets ?? 0
        overflowBucketsUsed = fill?.overflowBucketsUsed ?? 0
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(capacity, forKey: .capacity)
        try container.encode(keys, forKey: .keys)
        try container.encode(load, forKey: .load)
        try container.encode(overflowBuckets, forKey: .overflowBuckets)
        try container.encode(overflowBucketsUsed, forKey: .overflowBucketsUsed)
        // Null, and not left out.
        try container.encode(problem, forKey: .problem)
    }

    /// One line each, below a head; none where there is no keyed table.
    static func lines(_ fills: [KeyedFill], terminal: Terminal) -> [String] {
        guard !fills.isEmpty else { return [] }
        var columns = Columns([.left, .right, .left, .right, .left], indent: 4)
        for fill in fills {
            if let problem = fill.problem {
                columns.add(fill.name, "", terminal.styled(problem, .red), "", "")
            } else if fill.capacity == 0 {
                columns.add(fill.name, "", "nobody has opened it yet", "", "")
            } else {
                columns.add(
                    fill.name, Figures.count(fill.keys), "of \(Figures.count(fill.capacity)) keys",
                    Figures.percent(fill.load), "load, \(Figures.count(fill.overflowBucketsUsed)) chained buckets")
            }
        }
        return ["  keyed tables"] + columns.lines()
    }
}
