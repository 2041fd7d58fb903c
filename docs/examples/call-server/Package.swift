// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "call-server",
    dependencies: [
        // Without its tools, of which a program that embeds the library needs nothing.
        .package(name: "tandem", path: "../../..", traits: []),
        .package(url: "https://github.com/apple/swift-nio", from: "2.80.0"),
    ],
    targets: [
        .executableTarget(
            name: "CallServer",
            dependencies: [
                .product(name: "Tandem", package: "tandem"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ])
    ])
