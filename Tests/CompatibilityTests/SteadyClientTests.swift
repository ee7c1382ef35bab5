import Foundation
import LinuxSystem
import Testing

/// chronyd staying with a daemon and asking sixteen times a second: how good our receive and transmit timestamps are.
@Suite("A client that stays")
struct SteadyClientTests {
    /// How long the client stays.
    private static let stay = 30.0
    /// Most that one of its measurements may be off, seconds.
    private static let tolerance = 100e-6

    @Test("the offsets that it measures stay within 100 µs", arguments: RealClientTests.workerCounts)
    func basic(workers: Int) async throws { try await expectSteady("", mode: "4B", workers) }

    @Test(
        "in interleaved mode it hears when each reply really left, and the offsets stay within 100 µs",
        arguments: RealClientTests.workerCounts)
    func interleaved(workers: Int) async throws { try await expectSteady("xleave", mode: "4I", workers) }

    /// chronyd names the mode of a measurement as 4, client, and `B`asic or `I`nterleaved.
    private func expectSteady(_ option: String, mode: Substring, _ workers: Int) async throws {
        guard let program = Programs.installed("chronyd") else {
            return Programs.skip("chronyd that stays", "it is not installed")
        }
        let setup = RunningDaemon.Setup().with { $0.service += RealClientTests.configuration(workers: workers) }
        try await withDaemon(setup) { daemon in
            #expect(try await daemon.reaches("locked", within: 40), "log:\n\(daemon.log)")
            let measurements = try await measure(daemon, program, option)
            // Half of 16 a second: a machine that is busy may lose some, and chronyd leaves out what it does not trust.
            #expect(Double(measurements.count) > 8 * Self.stay)
            let offsets = measurements.map { abs($0.offset) }.sorted()
            let far = offsets.drop { $0 < Self.tolerance }
            print(
                "chronyd \(mode), workers \(workers): \(offsets.count) measurements, offset \(offsets[offsets.count / 2]) s in the median,",
                "\(offsets[offsets.count * 99 / 100]) s in 99 %, \(offsets.last ?? 0) s at most")
            // A reply is stamped before the send: where the machine takes the daemon's turn away between the two, one
            // measurement is off by as much.
            #expect(far.count <= offsets.count / 100, "\(far)")
            // The first three exchanges are basic in both modes, and so is one after a loss.
            let others = measurements.filter { $0.mode != mode }
            #expect(others.count <= measurements.count / 50, "\(others)")
        }
    }

    /// Columns 12 and 18 of measurements.log.
    private func measure(
        _ daemon: RunningDaemon, _ program: String, _ option: String
    ) async throws -> [(offset: Double, mode: Substring)] {
        let folder = Folder()
        let result = try await run(
            Programs.withoutClock(
                [program, "-x", "-d"] + (Programs.isRoot ? ["-u", "root"] : ["-U"]) + [
                    "server 127.0.0.1 port \(daemon.port) iburst minpoll -4 maxpoll -4 \(option)",
                    "pidfile \(folder.file("pid"))", "cmdport 0", "bindcmdaddress /", "log measurements",
                    "logdir \(folder.path)",
                ]), seconds: Self.stay)
        let lines = folder.text("measurements.log").split(separator: "\n")
        #expect(!lines.isEmpty, "\(result)")
        return lines.compactMap { line in
            let columns = line.split(separator: " ", omittingEmptySubsequences: true)
            guard columns.count > 17, columns[4] == "1", let offset = Double(columns[11]) else { return nil }
            return (offset, columns[17])
        }
    }
}
