// swift-tools-version: 6.3
import PackageDescription

/// Every Swift target of ours: Swift 6 mode, unsafe code marked, no warning left standing.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A library target of one floor.
func floor(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// A library target whose work is little: a configuration once, a receiver's kilobytes and a sample a second, a report for
/// whoever asks. It is made small rather than fast, so that the daemon stays within 8 MB.
func smallFloor(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    let small = SwiftSetting.unsafeFlags(["-Osize"], .when(configuration: .release))
    return .target(name: name, dependencies: dependencies, swiftSettings: strict + [small])
}

/// An eighth off the size of the programs: no symbols for others to load, and the toolchain's own linker with relocations in
/// their packed form (DT_RELR, glibc 2.36, Debian 12) and equal functions as one: nothing of ours compares functions, nor key
/// paths, which are told apart by theirs.
let slim: [LinkerSetting] = [
    .unsafeFlags([
        "-use-ld=lld", "-Xlinker", "--no-export-dynamic", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs",
        "-Xlinker", "--icf=all",
    ])
]

/// The tests beside a target.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let package = Package(
    name: "timeball",
    products: [
        .executable(name: "timeballd", targets: ["timeballd"]),
        .executable(name: "timeball", targets: ["timeball"]),
        // For the packages in Fuzz/ and Benchmarks/.
        .library(name: "Authentication", targets: ["Authentication"]),
        .library(name: "ConfigurationLanguage", targets: ["ConfigurationLanguage"]),
        .library(name: "GPSDWire", targets: ["GPSDWire"]),
        .library(name: "LinuxSystem", targets: ["LinuxSystem"]),
        .library(name: "NTPServer", targets: ["NTPServer"]),
        .library(name: "NTPWire", targets: ["NTPWire"]),
        .library(name: "Receivers", targets: ["Receivers"]),
        .library(name: "ReferenceClocks", targets: ["ReferenceClocks"]),
        .library(name: "Reports", targets: ["Reports"]),
        .library(name: "SimulatedWorld", targets: ["SimulatedWorld"]),
        .library(name: "TimeScale", targets: ["TimeScale"]),
        .library(name: "Timekeeping", targets: ["Timekeeping"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2")
    ],
    targets: [
        // Floor 0: C
        .target(name: "CGPS"),
        .target(name: "CLinux"),
        .systemLibrary(name: "CNettle", pkgConfig: "nettle", providers: [.apt(["nettle-dev"])]),
        // Floor 1: time
        .target(name: "TimeScale", swiftSettings: strict, linkerSettings: [.linkedLibrary("m")]),
        // Floor 2: languages
        floor("NTPWire", ["TimeScale"]),
        smallFloor("GPSDWire", ["TimeScale"]),
        smallFloor("Receivers", ["TimeScale", "GPSDWire"]),
        smallFloor("ConfigurationLanguage", ["TimeScale"]),
        // Floor 3: decisions
        smallFloor("Discipline", ["TimeScale"]),
        smallFloor("ReferenceClocks", ["TimeScale", "GPSDWire", "Receivers", "ConfigurationLanguage", "Discipline"]),
        floor("NTPServer", ["TimeScale", "NTPWire", "ConfigurationLanguage", "Discipline"]),
        smallFloor("Reports", ["TimeScale", "Receivers"]),
        smallFloor(
            "Timekeeping",
            [
                "TimeScale", "GPSDWire", "Receivers", "ConfigurationLanguage", "Discipline", "ReferenceClocks",
                "NTPServer", "Reports",
            ]),
        floor(
            "ReceiverSetup",
            ["TimeScale", "Receivers", "ConfigurationLanguage", "Discipline", "ReferenceClocks", "Reports"]),
        floor("SimulatedWorld", ["TimeScale", "Discipline"]),
        floor(
            "Simulation",
            [
                "TimeScale", "Receivers", "ConfigurationLanguage", "Discipline", "ReferenceClocks", "NTPServer",
                "Reports", "Timekeeping", "SimulatedWorld",
            ]),
        // Floor 4: the system
        floor(
            "LinuxSystem", ["CLinux", "TimeScale", "ConfigurationLanguage", "Discipline", "Reports", "SimulatedWorld"]),
        floor("Authentication", ["CNettle", "ConfigurationLanguage", "NTPServer"]),
        floor("GPSDClient", ["CGPS", "TimeScale", "GPSDWire", "ConfigurationLanguage", "LinuxSystem"]),
        // Floor 5: composition
        smallFloor("ControlService", ["Reports"]),
        floor(
            "Daemon",
            [
                "TimeScale", "Receivers", "ConfigurationLanguage", "Discipline", "ReferenceClocks", "NTPServer",
                "Reports", "Timekeeping", "SimulatedWorld", "LinuxSystem", "Authentication", "ControlService",
                "GPSDClient", "GPSDWire",
            ]),
        // Floor 6: executables
        .executableTarget(
            name: "timeballd", dependencies: ["Daemon"], swiftSettings: strict, linkerSettings: slim),
        .executableTarget(
            name: "timeball",
            dependencies: [
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                "TimeScale", "NTPWire", "Receivers", "ConfigurationLanguage", "ReferenceClocks", "Reports",
                "ReceiverSetup", "SimulatedWorld", "Simulation", "LinuxSystem", "GPSDWire", "GPSDClient",
                "ControlService",
            ], swiftSettings: strict, linkerSettings: slim),
        // Tests
        tests("TimeScaleTests", ["TimeScale", "Authentication", "SimulatedWorld"]),
        tests("AuthenticationTests", ["Authentication", "ConfigurationLanguage", "NTPServer"]),
        tests("NTPWireTests", ["NTPWire", "TimeScale", "SimulatedWorld"]),
        tests(
            "NTPServerTests",
            [
                "NTPServer", "NTPWire", "ConfigurationLanguage", "Discipline", "TimeScale", "SimulatedWorld",
                "Authentication",
            ]),
        tests("ReportsTests", ["Reports", "Receivers", "TimeScale"]),
        tests("ControlServiceTests", ["ControlService", "Reports"]),
        tests(
            "DaemonTests",
            [
                "Daemon", "ConfigurationLanguage", "CLinux", "Discipline", "LinuxSystem", "TimeScale", "Authentication",
                "GPSDClient", "NTPServer", "NTPWire", "ReferenceClocks", "Reports", "SimulatedWorld", "Timekeeping",
            ]),
        tests("ReceiversTests", ["Receivers", "SimulatedWorld", "TimeScale"]),
        tests("GPSDWireTests", ["GPSDWire", "SimulatedWorld", "TimeScale"]),
        tests(
            "GPSDClientTests",
            ["GPSDClient", "CGPS", "GPSDWire", "ConfigurationLanguage", "LinuxSystem", "TimeScale"]),
        tests("ConfigurationLanguageTests", ["ConfigurationLanguage", "SimulatedWorld", "TimeScale"]),
        tests("SimulatedWorldTests", ["SimulatedWorld", "Discipline", "TimeScale"]),
        tests(
            "LinuxSystemTests",
            ["LinuxSystem", "CLinux", "ConfigurationLanguage", "SimulatedWorld", "Discipline", "TimeScale"]),
        tests("DisciplineTests", ["Discipline", "SimulatedWorld", "TimeScale"]),
        tests(
            "ReferenceClocksTests",
            ["ReferenceClocks", "Receivers", "ConfigurationLanguage", "Discipline", "SimulatedWorld", "TimeScale"]),
        tests(
            "ReceiverSetupTests",
            ["ReceiverSetup", "ReferenceClocks", "Receivers", "ConfigurationLanguage", "SimulatedWorld", "TimeScale"]),
        tests(
            "TimekeepingTests",
            [
                "Timekeeping", "ReferenceClocks", "Receivers", "SimulatedWorld", "TimeScale", "ConfigurationLanguage",
                "Discipline", "GPSDWire", "NTPServer", "Reports",
            ]),
        tests(
            "ReplayTests",
            ["Receivers", "TimeScale", "ConfigurationLanguage", "LinuxSystem", "SimulatedWorld", "Simulation"]),
        tests(
            "SimulationTests",
            [
                "TimeScale", "Receivers", "ConfigurationLanguage", "Discipline", "ReferenceClocks", "NTPServer",
                "Reports", "Timekeeping", "SimulatedWorld", "Simulation",
            ]),
        tests(
            "CompatibilityTests",
            [
                "LinuxSystem", "Reports", "SimulatedWorld", "TimeScale", "ConfigurationLanguage", "GPSDClient",
                "GPSDWire", "Daemon", "Timekeeping",
            ]),
        tests("ArchitectureTests", []),
    ]
)
