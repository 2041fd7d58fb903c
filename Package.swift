// swift-tools-version: 6.2
import PackageDescription

// Imports run one way: Command, Bench → Tandem → System, Core; System → Core.
// Core knows no libc, clock, thread or file; System knows no policy.
let swift: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
]

let package = Package(
    name: "tandem",
    products: [
        .library(name: "Tandem", targets: ["Tandem"]),
        .executable(name: "tandem", targets: ["TandemCommand"]),
        .executable(name: "tandem-bench", targets: ["TandemBench"]),
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
        .target(name: "CLinuxNUMA", path: "CShims/CLinuxNUMA", linkerSettings: [.linkedLibrary("numa")]),

        .target(name: "TandemCore", dependencies: ["CTandemLayout"], swiftSettings: swift),
        .target(
            name: "TandemSystem",
            dependencies: ["TandemCore", "CTandemLayout", "CLinuxMemory", "CLinuxRing", "CLinuxNUMA"],
            swiftSettings: swift),
        .target(
            name: "Tandem",
            dependencies: ["TandemCore", "TandemSystem", .product(name: "Logging", package: "swift-log")],
            swiftSettings: swift),
        .executableTarget(
            name: "TandemCommand",
            dependencies: [
                "Tandem", "CTandemLayout", .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: swift),
        .target(
            name: "BenchRows",
            dependencies: [
                "Tandem", "TandemCore", "TandemSystem",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            path: "Benchmarks/BenchRows", swiftSettings: swift),
        .executableTarget(
            name: "TandemBench",
            dependencies: ["BenchRows", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            path: "Benchmarks/TandemBench", swiftSettings: swift),

        .testTarget(name: "BenchTests", dependencies: ["BenchRows"], swiftSettings: swift),
        .testTarget(name: "TandemCoreTests", dependencies: ["TandemCore", "CTandemLayout"], swiftSettings: swift),
        .testTarget(name: "TandemSystemTests", dependencies: ["TandemSystem", "TandemCore", "CLinuxMemory"], swiftSettings: swift),
        .testTarget(
            name: "TandemCommandTests",
            dependencies: [
                "TandemCommand", "Tandem", "CTandemLayout",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: swift),
        .testTarget(
            name: "TandemTests",
            dependencies: ["Tandem", "TandemSystem", "TandemCore", "CTandemLayout", .product(name: "Logging", package: "swift-log")],
            swiftSettings: swift),
    ]
)
