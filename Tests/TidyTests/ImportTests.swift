import Testing

/// Imports run one way: Command, Bench → Tables → Tandem → System → Core → Types. Here stands what each may import.
@Suite("What a module imports")
struct ImportTests {
    private static let allowed: [(folder: String, modules: Set<String>)] = [
        ("Sources/TandemTypes", []),
        ("Sources/TandemCore", ["TandemTypes", "CTandemLayout", "Synchronization", "CSimulation"]),
        (
            "Sources/TandemSystem",
            [
                "TandemTypes", "TandemCore", "CLinuxMemory", "CLinuxRing", "CLinuxNUMA", "CLibNBD", "Synchronization",
                "Glibc",
            ]
        ),
        (
            "Sources/Tandem",
            [
                "TandemTypes", "TandemSystem", "TandemCore", "CTandemLayout", "Logging", "Synchronization", "Glibc",
                "Dispatch",
            ]
        ),
        ("Sources/TandemTables", ["Tandem", "TandemTypes", "TandemSystem", "TandemCore"]),
        ("Sources/TandemC", ["CTandem", "TandemTables", "Tandem", "TandemCore", "TandemTypes"]),
        (
            "Sources/TandemStandby",
            ["TandemTypes", "TandemSystem", "TandemCore", "CTandemLayout", "CLinuxMemory", "Glibc", "Synchronization"]
        ),
        ("Sources/TandemPlugin", ["CNbdkit", "TandemStandby", "TandemTypes", "Glibc"]),
        // The audit reads the bytes by itself, so that it shares nothing with what it audits but their layout; the
        // handler of SIGBUS is a shim's. Some commands look at Core's layouts and limits.
        (
            "Sources/TandemCommand",
            [
                "Tandem", "TandemTables", "TandemStandby", "TandemCore", "CTandemLayout", "CLinuxMemory",
                "ArgumentParser", "Logging", "Synchronization", "Glibc", "FoundationEssentials",
            ]
        ),
        // Tables are to the simulator what stands on Core alone: see below.
        ("Sources/TandemSimulator", ["TandemTables", "TandemCore", "CSimulation", "ArgumentParser", "Glibc"]),
        // Rows measure a part by itself: a bitmap, a barrier, a replay.
        (
            "Benchmarks/BenchRows",
            [
                "Tandem", "TandemTables", "TandemSystem", "TandemCore", "CTandemLayout", "Logging", "Histogram",
                "Synchronization",
                "Glibc", "Foundation",
            ]
        ),
        ("Benchmarks/TandemBench", ["BenchRows", "ArgumentParser", "Foundation"]),
    ]

    /// The modules that a line imports: `public import A`, `import struct A.B`.
    private static func module(_ line: Substring) -> String? {
        let words = line.split(separator: " ")
        guard let place = words.firstIndex(of: "import"), place + 1 < words.count, !line.contains("//"),
            words[..<place].allSatisfy({
                $0.hasPrefix("@") || ["public", "package", "internal", "private"].contains($0)
            })
        else { return nil }
        return words.last.map { String($0.prefix { $0 != "." }) }
    }

    private static func imports(of folder: String) -> Set<String> {
        let files = Repository.files.filter { $0.isIn(folder) && $0.isOf(".swift") }
        // The standard library is everybody's.
        return Set(files.flatMap { $0.lines.compactMap(module) }).subtracting(["Swift"])
    }

    @Test("A module imports what its row allows, and nothing else", arguments: allowed.indices)
    func modules(row: Int) {
        let (folder, modules) = Self.allowed[row]
        #expect(Self.imports(of: folder).subtracting(modules) == [], "\(folder)")
    }

    @Test("Every folder of sources has its row")
    func rows() {
        let folders = Set(
            Repository.files.filter { $0.isIn("Sources", "Benchmarks") && $0.isOf(".swift") }
                .map { $0.path.split(separator: "/").prefix(2).joined(separator: "/") })
        #expect(folders == Set(Self.allowed.map(\.folder)))
    }

    @Test("Keys and slots stand on Core alone, and are all that the simulator's build has of the tables")
    func keysAndSlots() throws {
        let folders = Set(
            Repository.files.filter { $0.isIn("Sources/TandemTables") && $0.isOf(".swift") }
                .map { String($0.path.split(separator: "/")[2]) })
        let simulated: Set = ["Keys", "Slots"]
        for folder in simulated {
            #expect(Self.imports(of: "Sources/TandemTables/\(folder)") == ["TandemCore", "TandemTypes"], "\(folder)")
        }
        let package = try #require(Repository.file("Package.swift"))
        let list = try #require(package.lines.first { $0.contains("exclude: isSimulated ? [") })
        let excluded = list.split(separator: "\"").enumerated().filter { !$0.offset.isMultiple(of: 2) }.map(\.element)
        #expect(Set(excluded.map(String.init)) == folders.subtracting(simulated))
    }

    @Test("Core has no C library, and the write path no Foundation")
    func core() {
        for folder in ["Sources/TandemCore", "Sources/TandemSystem", "Sources/Tandem", "Sources/TandemTables"] {
            #expect(!Self.imports(of: folder).contains { $0.hasPrefix("Foundation") }, "\(folder)")
        }
        #expect(Self.imports(of: "Sources/TandemCore").isDisjoint(with: ["Glibc", "CLinuxMemory", "Dispatch"]))
    }
}
