import Foundation
import Testing

/// The rules of architecture.md §2 that a machine can check.
@Suite("Architecture")
struct FloorTests {
    /// Every target: its floor, and its place within it. Imports go to lower floors, or within a floor to an earlier
    /// place where `isLayered` allows it.
    static let floors: [[String]] = [
        ["CGPS", "CLinux", "CNettle"],
        ["TimeScale"],
        ["NTPWire", "GPSDWire", "Receivers", "ConfigurationLanguage"],
        [
            "Discipline", "ReferenceClocks", "NTPServer", "Reports", "Timekeeping", "ReceiverSetup", "SimulatedWorld",
            "Simulation",
        ],
        ["LinuxSystem", "Authentication", "GPSDClient"],
        ["ControlService", "Daemon"],
        ["timeballd", "timeball"],
    ]
    /// Floors whose targets may import the ones listed before them: decisions build on each other, and `Daemon` stands
    /// on everything; receivers have gpsd's reports from `GPSDWire`, its client has its sockets from `LinuxSystem`.
    static let layered: Set = [2, 3, 4, 5]
    /// Modules that are not ours, and the only targets that may import them whole.
    static let foreign: [String: Set<String>] = [
        "Glibc": ["LinuxSystem", "timeballd"],
        "FoundationEssentials": ["timeball"],
        "ArgumentParser": ["timeball"],
        // What threads share: atomics and locks, which call no system but to wait.
        "Synchronization": ["NTPServer", "LinuxSystem", "Daemon"],
    ]
    /// Where pointers may be.
    static let unsafeTargets: Set = ["LinuxSystem", "Authentication", "GPSDClient"]

    /// Floor and place of a target.
    static func place(_ target: String) -> (floor: Int, place: Int)? {
        for (floor, names) in floors.enumerated() {
            if let place = names.firstIndex(of: target) { return (floor, place) }
        }
        return nil
    }

    @Test("every folder of Sources stands on a floor, and every floor is built")
    func everyTargetHasAFloor() {
        #expect(SourceTree.targets == Self.floors.flatMap(\.self).sorted())
    }

    @Test("imports point down", arguments: SourceTree.targets)
    func importsPointDown(target: String) throws {
        let own = try #require(Self.place(target))
        for file in SourceTree.files where file.target == target {
            for (kind, module) in file.imports {
                guard let other = Self.place(module) else {
                    let isAllowed = Self.foreign[module]?.contains(target) ?? false
                    #expect(isAllowed || (module == "Glibc" && kind == "func"), "\(file) imports \(module)")
                    continue
                }
                let isLower =
                    other.floor < own.floor
                    || (other.floor == own.floor && Self.layered.contains(own.floor) && other.place < own.place)
                #expect(isLower, "\(file) imports \(module)")
            }
        }
    }

    @Test("time, languages and decisions import no system, single functions of mathematics aside")
    func lowFloorsImportNoSystem() {
        let mathematics: Set = ["Glibc"]
        for file in SourceTree.files where (1...3).contains(Self.place(file.target)?.floor ?? 0) {
            for (kind, module) in file.imports where Self.place(module) == nil && module != "Synchronization" {
                #expect(kind == "func" && mathematics.contains(module), "\(file) imports \(module)")
            }
        }
    }

    @Test("no file of Sources has more than 600 lines")
    func filesAreShort() {
        for file in SourceTree.files { #expect(file.lines.count <= 601, "\(file)") }
    }

    @Test("unsafe code stays in LinuxSystem, Authentication and GPSDClient")
    func unsafeIsFenced() {
        for file in SourceTree.files where !Self.unsafeTargets.contains(file.target) {
            let code = file.lines.filter { !$0.drop { $0 == " " }.hasPrefix("//") }
            #expect(!code.contains { $0.contains("unsafe ") || $0.contains("Unsafe") }, "\(file)")
        }
    }

    @Test("unsafe code says why it is safe")
    func unsafeIsExplained() {
        for file in SourceTree.files where file.lines.contains(where: { $0.contains("unsafe ") }) {
            #expect(file.lines.contains { $0.contains("// SAFETY:") }, "\(file)")
        }
    }

    @Test("the daemon depends on no library but ours, in the manifest as in the imports")
    func daemonStandsAlone() throws {
        let manifest = SourceTree.text("Package.swift")
        let products = manifest.components(separatedBy: ".product(").count - 1
        // The one product, ArgumentParser, stands within the entry of `timeball`.
        let timeball = try #require(manifest.components(separatedBy: #"name: "timeball","#).last)
        #expect(products == 1)
        #expect(timeball.prefix(300).contains("ArgumentParser"))
        for file in SourceTree.files where file.target != "timeball" {
            for (_, module) in file.imports {
                #expect(
                    !module.hasPrefix("Foundation") && module != "Dispatch" && module != "ArgumentParser", "\(file)")
            }
        }
    }

    @Test("ARCHITECTURE.md has a sentence about every target", arguments: SourceTree.targets)
    func everyTargetIsDescribed(target: String) {
        let words = SourceTree.text("ARCHITECTURE.md").split { !$0.isLetter && !$0.isNumber }
        #expect(words.contains { $0 == target })
    }
}
