import Foundation
import Testing

/// The units in `systemd/`, judged by systemd itself, which is not started.
@Suite("Units")
struct UnitTests {
    private static let units = "\(Programs.root)/systemd"

    /// systemd's analyser, `nil` where it is not installed.
    private static let analyser: String? = {
        let found = Programs.installed("systemd-analyze")
        if found == nil { Programs.skip("UNITS", "no systemd-analyze") }
        return found
    }()

    /// Copies of the units with their drop-ins, which start the programs that are tested.
    private static func copies() throws -> Folder {
        let folder = Folder()
        for name in ["timeballd.service", "timeball-wait-sync.service"] {
            let text = try String(contentsOfFile: "\(units)/\(name)", encoding: .utf8)
                .replacingOccurrences(of: "/usr/sbin/timeballd", with: Programs.daemon)
                .replacingOccurrences(of: "/usr/bin/timeball", with: Programs.timeball)
                .replacingOccurrences(of: "man:timeballd(8) ", with: "")
                .replacingOccurrences(of: "Documentation=man:timeball(1)\n", with: "")
            try folder.write(name, text)
        }
        let active = folder.file("timeballd.service.d")
        try FileManager.default.copyItem(atPath: "\(units)/drop-ins", toPath: active)
        return folder
    }

    /// The words behind `ExecStart=`.
    private static func command(_ unit: String) throws -> [String] {
        let line = try String(contentsOfFile: "\(units)/\(unit)", encoding: .utf8).split(separator: "\n")
            .first { $0.hasPrefix("ExecStart=") }
        return try #require(line).dropFirst("ExecStart=".count).split(separator: " ").map(String.init)
    }

    @Test("systemd understands every word of them")
    func understood() async throws {
        guard let analyser = Self.analyser else { return }
        let folder = try Self.copies()
        let paths = ["timeballd.service", "timeball-wait-sync.service"].map(folder.file)
        let result = try await run([analyser, "verify", "--man=no", "--recursive-errors=one"] + paths)
        // It also speaks of other units of this machine.
        let ours = result.output.split(separator: "\n").filter { $0.contains("timeball") }
        #expect(ours.isEmpty, "\(result)")
    }

    /// 2.4: what is left is what the daemon is for: the clock (two rows, and two of system calls), devices, the Internet,
    /// the capabilities. The other unit sets no clock and has no network.
    @Test(
        "they leave open no more than they must",
        arguments: [("timeballd.service", 24), ("timeball-wait-sync.service", 10)])
    func exposure(unit: String, limit: Int) async throws {
        guard let analyser = Self.analyser else { return }
        let words = [analyser, "security", "--no-pager", "--offline=true", "--threshold=\(limit)"]
        let result = try await run(words + ["\(Self.units)/\(unit)"])
        #expect(result.status == 0, "\(result)")
    }

    @Test("the programs take the options that they are started with")
    func options() async throws {
        var words = try Self.command("timeballd.service")
        #expect(words.removeFirst() == "/usr/sbin/timeballd")
        let file = try #require(words.firstIndex(of: "/etc/timeball.conf"))
        words[file] = "\(Programs.root)/hardware/timeball.conf"
        let checked = try await run([Programs.daemon] + words + ["--check-config"])
        #expect(checked.status == 0, "\(checked)")
        words = try Self.command("timeball-wait-sync.service")
        #expect(words.removeFirst() == "/usr/bin/timeball")
        let waited = try await run(
            [Programs.timeball] + words + ["-s", "/nonexistent", "--timeout", "0", "--max-error", "1e-9"])
        #expect(waited.status == 1, "\(waited)")
    }

    @Test("the unit has the three capabilities of a time server, and may write nowhere else")
    func capabilities() throws {
        let text = try String(contentsOfFile: "\(Self.units)/timeballd.service", encoding: .utf8)
        let lines = Set(text.split(separator: "\n").map(String.init))
        let three = "CAP_SYS_TIME CAP_NET_BIND_SERVICE CAP_SYS_NICE"
        let wanted = [
            "Type=notify", "NotifyAccess=main", "WatchdogSec=30", "Restart=always", "StartLimitIntervalSec=0",
            "User=timeball", "AmbientCapabilities=\(three)", "CapabilityBoundingSet=\(three)", "NoNewPrivileges=yes",
            "ProtectSystem=strict", "DevicePolicy=closed", "MemoryMax=512M",
        ]
        for line in wanted { #expect(lines.contains(line), "\(line)") }
        #expect(!text.contains("ReadWritePaths") && !text.contains("char-pts"))
    }

    @Test("systemd makes the user")
    func user() async throws {
        guard let program = Programs.installed("systemd-sysusers"), Programs.isRoot else {
            return Programs.skip("the service's user", "needs systemd-sysusers and root")
        }
        let root = Folder()
        try FileManager.default.createDirectory(atPath: root.file("etc"), withIntermediateDirectories: true)
        let made = try await run([program, "--root=\(root.path)", "\(Self.units)/sysusers.conf"])
        #expect(made.status == 0, "\(made)")
        let users = try String(contentsOfFile: root.file("etc/passwd"), encoding: .utf8)
        #expect(users.hasPrefix("timeball:x:") && users.contains(":/var/lib/timeball:"), "\(users)")
        let groups = try String(contentsOfFile: root.file("etc/group"), encoding: .utf8)
        #expect(groups.contains("dialout:x:") && groups.contains(":timeball\n"), "\(groups)")
    }
}
