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
func fuzzer(_ name: String, of products: String...) -> Target {
    .executableTarget(
        name: name,
        dependencies: ["FuzzDriver"] + products.map { .product(name: $0, package: "timeball") },
        swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])])
}

let package = Package(
    name: "timeball-fuzz",
    dependencies: [.package(name: "timeball", path: "..")],
    targets: [
        .target(name: "CFuzzer"),
        .target(name: "FuzzDriver", dependencies: ["CFuzzer"], swiftSettings: strict),
        fuzzer("FuzzNMEA", of: "Receivers"),
        fuzzer("FuzzTSIP", of: "Receivers"),
        fuzzer("FuzzOncore", of: "Receivers"),
        fuzzer("FuzzReceiver", of: "Receivers"),
        fuzzer("FuzzConfiguration", of: "ConfigurationLanguage"),
        fuzzer("FuzzServer", of: "NTPServer", "Authentication"),
        fuzzer("FuzzKeys", of: "ConfigurationLanguage", "Authentication"),
        fuzzer("FuzzLeapSeconds", of: "TimeScale"),
        fuzzer("FuzzKeptState", of: "Timekeeping"),
    ]
)
