import ConfigurationLanguage
import Foundation
import Testing

/// The folder of real configuration files: `$TIMEBALL_SHARED/configs`, or `shared/configs` beside the package.
private let folder: URL = {
    if let path = ProcessInfo.processInfo.environment["TIMEBALL_SHARED"] {
        return URL(fileURLWithPath: path).appendingPathComponent("configs")
    }
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    return package.deletingLastPathComponent().appendingPathComponent("shared/configs")
}()

@Suite(
    "Real configuration files",
    .enabled(if: FileManager.default.fileExists(atPath: folder.path), "no shared/configs here: set TIMEBALL_SHARED"))
struct SharedConfigurationTests {
    private func readFile(_ name: String) throws -> (configuration: Configuration, diagnostics: [Diagnostic]) {
        let bytes = try Array(Data(contentsOf: folder.appendingPathComponent(name)))
        let result = NTPConfiguration.parse(text: bytes, file: name) { _ in nil }
        return (result.0, result.1)
    }

    private let closed: AccessFlags = [.kissOfDeath, .noModify, .noTrap, .noPeer, .noQuery]

    @Test("every ntp.conf there is accepted")
    func everyFile() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("ntp-") }
        #expect(names.count >= 5)
        for name in names {
            #expect(try readFile(name).diagnostics.filter { $0.severity == .error } == [], "\(name)")
        }
    }

    @Test("CentOS 6: the local clock at stratum 10, and a network that may ask")
    func centos() throws {
        let (configuration, diagnostics) = try readFile("ntp-centos6.conf")
        #expect(configuration.driftFile == "/var/lib/ntp/drift")
        #expect(configuration.referenceClocks.map(\.address) == ["127.127.1.0"])
        #expect(configuration.referenceClocks.map(\.stratum) == [10])
        #expect(
            configuration.accessRules == [
                rule("0.0.0.0", 0, closed), rule("::", 0, closed), rule("::", 0, closed),
                rule("127.0.0.1", 32, []), rule("::1", 128, []), rule("172.16.1.0", 24, [.noModify, .noTrap]),
            ])
        // kod twice, two servers, two restricted names, the missing include.
        let warned = diagnostics.filter { $0.severity == .warning }
        #expect(warned.map(\.line) == [8, 9, 23, 24, 34, 35, 44])
        #expect(warned.count == diagnostics.count)
    }

    @Test("an ESXi site: remarks after two slashes, the whole world distrusted, a fudge alone")
    func virtualisationLab() throws {
        let (configuration, diagnostics) = try readFile("ntp-virtualisation-lab.conf")
        #expect(configuration.referenceClocks.isEmpty)
        #expect(configuration.accessRules.count == 12)
        #expect(
            configuration.accessRules.suffix(2) == [rule("192.168.0.0", 16, .noModify), rule("0.0.0.0", 0, .noTrust)])
        #expect(diagnostics.map(\.line) == [1, 2, 10, 11, 12, 13, 14, 15, 16])
        #expect(
            diagnostics.filter { $0.line == 16 }.map(\.message) == [
                "no clock '127.127.1.0' is configured, the line is ignored"
            ])
    }

    @Test("a class room: LOCAL at stratum 10 and one network")
    func classroom() throws {
        let (configuration, _) = try readFile("ntp-rhel6-classroom.conf")
        #expect(configuration.referenceClocks.map(\.stratum) == [10])
        #expect(configuration.accessRules.last == rule("172.25.0.0", 24, .noModify))
    }

    @Test("a relay: the fudge of a clock that is not there")
    func relay() throws {
        let (configuration, diagnostics) = try readFile("ntp-relay.conf")
        #expect(configuration.referenceClocks.isEmpty)
        #expect(configuration.driftFile == "/var/lib/ntp/ntp.drift")
        #expect(configuration.accessRules.last == rule("192.168.1.0", 24, .noModify))
        #expect(diagnostics.map(\.line) == [1, 2, 3, 5, 8])
    }

    @Test("a cluster without internet: LOCAL at stratum 1 is the only source")
    func isolatedCluster() throws {
        let (configuration, diagnostics) = try readFile("ntp-isolated-cluster.conf")
        #expect(configuration.referenceClocks.map(\.name) == ["LOCAL(0)"])
        #expect(configuration.referenceClocks.map(\.stratum) == [1])
        #expect(diagnostics.map(\.message) == ["'monitor' is not supported by this version, the word is ignored"])
    }
}
