// swift-tools-version: 6.3
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6), .strictMemorySafety(), .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"),
]

/// A benchmark: one folder of Sources, and what it measures or measures with.
func benchmark(_ name: String, _ products: [String], _ targets: [Target.Dependency] = []) -> Target {
    .executableTarget(
        name: name, dependencies: targets + products.map { .product(name: $0, package: "timeball") },
        swiftSettings: strict)
}

let package = Package(
    name: "timeball-benchmarks",
    dependencies: [.package(name: "timeball", path: "..")],
    targets: [
        .target(name: "CLoad"),
        benchmark(
            "timeball-bench",
            [
                "Authentication", "ConfigurationLanguage", "LinuxSystem", "NTPServer", "NTPWire", "Reports",
                "SimulatedWorld", "TimeScale",
            ], ["CLoad"]),
        benchmark(
            "authentication-bench",
            ["Authentication", "ConfigurationLanguage", "LinuxSystem", "NTPServer", "NTPWire", "TimeScale"]),
    ]
)
