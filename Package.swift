// swift-tools-version: 6.2
import PackageDescription

// Imports run one way: Command, Bench → Tables → Tandem → System, Core; System → Core → Types.
// Core knows no libc, clock, thread or file; System knows no policy. The simulator: Tables' keys and slots → Core.
let swift: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
]

/// Set for the fuzzers alone: the path of libFuzzer's runtime. Built in a folder of its own.
let fuzzer = Context.environment["TANDEM_FUZZ"]
/// Set for the simulator and the fuzzers: Core's accesses to shared memory become steps. Built in folders of their own.
let isSimulated = Context.environment["TANDEM_SIMULATED"] != nil || fuzzer != nil
/// What libFuzzer learns from is which edges were taken. `-sanitize=fuzzer` would note each comparison as well, at half
/// the speed: inputs are steps that put meaningful values where they matter, and seal what they have changed, so there
/// is nothing for it to guess.
let fuzzed: [SwiftSetting] = [
    .unsafeFlags([
        "-sanitize=address", "-sanitize-coverage=edge",
        "-Xllvm", "-sanitizer-coverage-inline-8bit-counters=1", "-Xllvm", "-sanitizer-coverage-pc-table=1",
    ])
]
/// What a fuzzer's targets call.
let watched: [SwiftSetting] = swift + (fuzzer == nil ? [] : fuzzed)
let core: [SwiftSetting] = watched + (isSimulated ? [.define("TANDEM_SIMULATED")] : [])

/// What programs that embed the library need not have: whoever depends on it with `traits: []` resolves neither.
let argumentParser = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser", condition: .when(traits: ["Tools"]))
let histogram = Target.Dependency.product(
    name: "Histogram", package: "hdrhistogram-swift", condition: .when(traits: ["Tools"]))

let package = Package(
    name: "tandem",
    products: [
        .library(name: "Tandem", targets: ["Tandem", "TandemTables"]),
        .library(name: "tandem-c", type: .dynamic, targets: ["TandemC"]),
        .library(name: "nbdkit-tandem-plugin", type: .dynamic, targets: ["TandemPlugin"]),
        .executable(name: "tandem", targets: ["TandemCommand"]),
        .executable(name: "tandem-bench", targets: ["TandemBench"]),
    ],
    traits: [
        .trait(name: "Tools", description: "The command, the bench and what only they and the tests need."),
        .default(enabledTraits: ["Tools"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.1.0"),
    ],
    targets: [
        .target(name: "CTandemLayout", path: "CShims/CTandemLayout"),
        .target(name: "CLinuxMemory", path: "CShims/CLinuxMemory", linkerSettings: [.linkedLibrary("isal")]),
        .target(name: "CLinuxRing", path: "CShims/CLinuxRing", linkerSettings: [.linkedLibrary("uring")]),
        .systemLibrary(
            name: "CLibNBD", path: "CShims/CLibNBD", pkgConfig: "libnbd", providers: [.apt(["libnbd-dev"])]),
        .target(name: "CLinuxNUMA", path: "CShims/CLinuxNUMA", linkerSettings: [.linkedLibrary("numa")]),
        .target(name: "CLinuxTrace", path: "CShims/CLinuxTrace"),
        .target(name: "CTandem", path: "CShims/CTandem"),
        .target(name: "CNbdkit", dependencies: ["CLinuxMemory"], path: "CShims/CNbdkit"),

        .target(name: "TandemTypes", swiftSettings: core),
        .target(
            name: "TandemCore",
            dependencies: ["TandemTypes", "CTandemLayout"] + (isSimulated ? ["CSimulation"] : []),
            swiftSettings: core),
        .target(
            name: "TandemSystem",
            dependencies: ["TandemCore", "CTandemLayout", "CLinuxMemory", "CLinuxRing", "CLinuxNUMA", "CLibNBD"],
            swiftSettings: watched),
        .target(
            name: "Tandem",
            dependencies: [
                "TandemTypes", "TandemCore", "TandemSystem", "CTandemLayout",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: watched),
        // Stands on Tandem, so Tandem cannot pass it on: who wants keyed tables imports this one, and has both. The
        // simulator has of it what stands on Core alone: keys and slots as records of a source.
        .target(
            name: "TandemTables",
            dependencies: ["TandemTypes", "TandemCore"] + (isSimulated ? [] : ["Tandem", "TandemSystem"]),
            exclude: isSimulated ? ["Tables", "Opening", "Status", "Deadlines", "Exports.swift"] : [],
            swiftSettings: watched),
        .target(
            name: "TandemC", dependencies: ["CTandem", "TandemTables", "Tandem", "TandemCore", "TandemTypes"],
            swiftSettings: swift,
            // One file that needs no Swift at run time, and shows what tandem.h says.
            linkerSettings: [
                .unsafeFlags([
                    "-static-stdlib", "-Xlinker", "-soname=libtandem.so.0", "-Xlinker",
                    "--version-script=\(Context.packageDirectory)/CShims/CTandem/tandem.map",
                ])
            ]),
        .target(
            name: "TandemStandby",
            dependencies: ["TandemTypes", "TandemCore", "TandemSystem", "CTandemLayout", "CLinuxMemory"],
            swiftSettings: watched),
        // nbdkit loads it, and has what it does not find in itself.
        .target(
            name: "TandemPlugin", dependencies: ["CNbdkit", "TandemStandby", "TandemTypes"], swiftSettings: swift,
            linkerSettings: [
                .unsafeFlags([
                    // Swift's runtime and the plugin's threads outlive nbdkit's dlclose.
                    "-static-stdlib", "-Xlinker", "-z", "-Xlinker", "nodelete", "-Xlinker",
                    "--version-script=\(Context.packageDirectory)/CShims/CNbdkit/nbdkit.map",
                ])
            ]),
        .executableTarget(
            name: "TandemCommand",
            dependencies: [
                "Tandem", "TandemTables", "TandemStandby", "TandemCore", "CTandemLayout", "CLinuxMemory",
                argumentParser,
                .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: swift),
        .target(
            name: "BenchRows",
            dependencies: [
                "Tandem", "TandemTables", "TandemCore", "TandemSystem", "CTandemLayout",
                .product(name: "Logging", package: "swift-log"),
                histogram,
            ],
            path: "Benchmarks/BenchRows", swiftSettings: swift),
        .executableTarget(
            name: "TandemBench",
            dependencies: ["BenchRows", argumentParser],
            path: "Benchmarks/TandemBench", swiftSettings: swift),

        .executableTarget(
            name: "KillPoints",
            dependencies: [
                "TandemTables", "Tandem", "TandemCore", "TandemSystem", "CLinuxTrace",
                argumentParser,
            ],
            path: "Tests/KillPoints", swiftSettings: swift),

        .target(
            name: "FuzzTargets",
            dependencies: [
                "TandemTables", "TandemStandby", "Tandem", "TandemSystem", "TandemCore", "TandemTypes", "CTandemLayout",
                "CLinuxMemory", "TestSupport",
            ] + (isSimulated ? ["CSimulation"] : []),
            path: "Tests/Fuzz/Targets", swiftSettings: core + (fuzzer == nil ? [] : [.define("TANDEM_FUZZ")])),

        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: swift),
        .testTarget(name: "TidyTests", swiftSettings: swift),
        .testTarget(name: "FuzzTests", dependencies: ["FuzzTargets"], swiftSettings: swift),
        .testTarget(name: "BenchTests", dependencies: ["BenchRows", "TandemCore"], swiftSettings: swift),
        .testTarget(
            name: "TandemCoreTests", dependencies: ["TestSupport", "TandemCore", "CTandemLayout"],
            swiftSettings: swift),
        .testTarget(
            name: "TandemSystemTests", dependencies: ["TestSupport", "TandemSystem", "TandemCore", "CLinuxMemory"],
            swiftSettings: swift),
        .testTarget(
            name: "TandemStandbyTests",
            dependencies: ["TestSupport", "TandemStandby", "TandemSystem", "TandemCore", "CTandemLayout"],
            swiftSettings: swift),
        .testTarget(
            name: "TandemTablesTests",
            dependencies: [
                "TestSupport", "TandemTables", "Tandem", "TandemSystem", "TandemCore",
                .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: swift),
        .testTarget(
            name: "TandemCommandTests",
            dependencies: [
                "TestSupport", "TandemCommand", "TandemTables", "TandemStandby", "Tandem", "TandemCore",
                "CTandemLayout",
                argumentParser,
            ], swiftSettings: swift),
        .testTarget(
            // Not TandemC itself: what it is linked with is for a library that stands alone.
            name: "TandemCTests", dependencies: ["CTandem", "Tandem"], swiftSettings: swift),
        .testTarget(
            name: "TandemTests",
            dependencies: [
                "TestSupport", "Tandem", "TandemSystem", "TandemCore", "CTandemLayout", "CLinuxTrace",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: swift),
    ]
)

if isSimulated {
    package.targets += [
        .target(name: "CSimulation", path: "CShims/CSimulation"),
        .executableTarget(
            name: "TandemSimulator",
            dependencies: [
                "TandemTables", "TandemCore", "CSimulation", argumentParser,
            ],
            // Actors share one thread: exclusive access to a class's property would be held across their switches.
            swiftSettings: core + [.unsafeFlags(["-enforce-exclusivity=unchecked"])]),
    ]
    package.products.append(.executable(name: "tandem-simulator", targets: ["TandemSimulator"]))
}

if let fuzzer {
    package.targets.append(
        .executableTarget(
            name: "TandemFuzz", dependencies: ["FuzzTargets"], path: "Tests/Fuzz/Runner",
            swiftSettings: swift + [.unsafeFlags(["-parse-as-library"])],
            linkerSettings: [.unsafeFlags(["-sanitize=address", fuzzer, "-lstdc++"])]))
    package.products.append(.executable(name: "tandem-fuzz", targets: ["TandemFuzz"]))
}

// Some tests, with no more than they stand on: a sanitizer's build of everything takes twice as long.
if let asked = Context.environment["TANDEM_TESTS"] {
    var kept: Set<String> = []
    func keep(_ name: String) {
        guard kept.insert(name).inserted, let target = package.targets.first(where: { $0.name == name }) else { return }
        for case .byNameItem(let needed, _) in target.dependencies { keep(needed) }
    }
    for name in asked.split(separator: ",") { keep(String(name)) }
    package.targets.removeAll { !kept.contains($0.name) }
    package.products = []
}
