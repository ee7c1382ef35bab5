// swift-tools-version: 6.3
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6), .strictMemorySafety(), .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"),
]

/// A benchmark: one folder of Sources, and the products that it measures or measures with.
func benchmark(_ name: String, _ products: [String]) -> Target {
    .executableTarget(
        name: name, dependencies: products.map { .product(name: $0, package: "timeball") }, swiftSettings: strict)
}

let package = Package(
    name: "timeball-benchmarks",
    dependencies: [.package(name: "timeball", path: "..")],
    targets: [
        benchmark(
            "timeball-bench", ["ConfigurationLanguage", "LinuxSystem", "NTPServer", "NTPWire", "TimeScale"]),
        benchmark(
            "authentication-bench",
            ["Authentication", "ConfigurationLanguage", "LinuxSystem", "NTPServer", "NTPWire", "TimeScale"]),
    ]
)
