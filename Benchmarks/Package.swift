// swift-tools-version: 6.3
import PackageDescription

let package = Package(
    name: "timeball-benchmarks",
    dependencies: [.package(name: "timeball", path: "..")],
    targets: [
        .executableTarget(
            name: "timeball-bench",
            dependencies: [
                .product(name: "ConfigurationLanguage", package: "timeball"),
                .product(name: "LinuxSystem", package: "timeball"),
                .product(name: "NTPServer", package: "timeball"),
                .product(name: "NTPWire", package: "timeball"),
                .product(name: "TimeScale", package: "timeball"),
            ],
            swiftSettings: [
                .swiftLanguageMode(.v6), .strictMemorySafety(), .treatAllWarnings(as: .error),
                .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"),
            ])
    ]
)
