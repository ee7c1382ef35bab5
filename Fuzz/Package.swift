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

/// A fuzz target: one file in Sources/<name>, the targets that it shares with others, and the product that it fuzzes.
///
/// Libraries come without `main`; libFuzzer is linked by `--sanitize=fuzzer` (see README.md).
func fuzzer(_ name: String, with targets: [Target.Dependency] = [], of products: String...) -> Target {
    .executableTarget(
        name: name,
        dependencies: ["FuzzDriver"] + targets + products.map { .product(name: $0, package: "timeball") },
        swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])])
}

let package = Package(
    name: "timeball-fuzz",
    dependencies: [.package(name: "timeball", path: "..")],
    targets: [
        .target(name: "CFuzzer"),
        .target(name: "FuzzDriver", dependencies: ["CFuzzer"], swiftSettings: strict),
        .target(
            name: "DecoderPromises",
            dependencies: [
                .product(name: "Receivers", package: "timeball"), .product(name: "TimeScale", package: "timeball"),
            ], swiftSettings: strict),
        fuzzer("FuzzNMEA", with: ["DecoderPromises"]),
        fuzzer("FuzzGPSD", of: "GPSDWire", "TimeScale"),
        fuzzer("FuzzUBX", of: "Receivers", "ReferenceClocks"),
        fuzzer("FuzzTSIP", with: ["DecoderPromises"]),
        fuzzer("FuzzOncore", with: ["DecoderPromises"]),
        fuzzer("FuzzReceiver", with: ["DecoderPromises"]),
        fuzzer("FuzzConfiguration", of: "ConfigurationLanguage"),
        fuzzer("FuzzServer", of: "NTPServer", "Authentication"),
        fuzzer("FuzzKeys", of: "ConfigurationLanguage", "Authentication"),
        fuzzer("FuzzLeapSeconds", of: "TimeScale"),
        fuzzer("FuzzKeptState", of: "Timekeeping"),
    ]
)
