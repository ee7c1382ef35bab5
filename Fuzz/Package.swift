// swift-tools-version: 6.3
import PackageDescription

/// As in the package itself: Swift 6 mode, unsafe code marked, no warning left standing.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A fuzz target: one file in Sources/<name>, and the product that it fuzzes.
///
/// Libraries come without `main`; libFuzzer is linked by `--sanitize=fuzzer` (see README.md).
func fuzzer(_ name: String, of product: String) -> Target {
    .executableTarget(
        name: name,
        dependencies: ["FuzzDriver", .product(name: product, package: "timeball")],
        swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])])
}

let package = Package(
    name: "timeball-fuzz",
    dependencies: [.package(name: "timeball", path: "..")],
    targets: [
        .target(name: "CFuzzer"),
        .target(name: "FuzzDriver", dependencies: ["CFuzzer"], swiftSettings: strict),
        fuzzer("FuzzNMEA", of: "Receivers"),
        fuzzer("FuzzConfiguration", of: "ConfigurationLanguage"),
        fuzzer("FuzzServer", of: "NTPServer"),
        fuzzer("FuzzLeapSeconds", of: "TimeScale"),
        fuzzer("FuzzKeptState", of: "Timekeeping"),
    ]
)
