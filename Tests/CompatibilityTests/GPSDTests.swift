import ConfigurationLanguage
import Foundation
import GPSDWire
import LinuxSystem
import Testing
import TimeScale

/// Our client of gpsd against Debian's gpsd, with receivers that were real once.
@Suite("gpsd", .serialized, .enabled(if: RealGPSD.path != nil))
struct GPSDTests {
    /// A port that nobody has now.
    private static func freePort() throws -> UInt16 { try RunningDaemon.freePort() }

    /// Plays a stream of the corpus over TCP, as a terminal server does.
    private static func receiver(_ stream: String, port: UInt16, size: Int, pause: Double) throws -> ChildProcess {
        try ChildProcess(
            program: "/usr/bin/python3",
            arguments: [
                "\(Programs.root)/Tests/Support/receiver.py", "\(port)", "\(RealStream.corpus)/streams/\(stream)",
                "\(size)", "\(pause)",
            ], environment: ["PATH=/usr/bin:/bin"])
    }

    @Test("a gpsd that comes later, is killed and comes again is followed, and tells this very second")
    func startOrders() async throws {
        let folder = Folder()
        let port = try Self.freePort()
        let feeder = Feeder(
            link: folder.file("gps"), pulses: folder.file("none"), stream: RealStream("mt3339"), behaviour: .init())
        defer { feeder.stop() }
        let watcher = GPSDWatcher(.thisComputer(port: port))
        _ = try await watcher.watch(within: 2) { $0.problems.count >= 2 }
        #expect(watcher.problems.allSatisfy { $0.hasSuffix("connection refused") }, "\(watcher.problems)")
        for round in 1...2 {
            let start = KernelClock.realTime()
            let (fixes, skies) = (watcher.fixes.count, watcher.skies.count)
            var gpsd = try RealGPSD(port: port, device: folder.file("gps"), folder: folder)
            let isThere = try await watcher.watch(within: 30) {
                $0.fixes.count >= fixes + 4 && $0.skies.count > skies && ($0.timeOffsets.last?.clock ?? start) > start
            }
            gpsd.end()
            #expect(isThere, "round \(round): \(watcher.problems) \(watcher.reports.suffix(8))")
            _ = try await watcher.watch(within: 5) { $0.problems.last?.contains("closed") ?? false }
        }
        #expect(watcher.problems.contains { $0.hasSuffix("the connection was closed") }, "\(watcher.problems)")
        #expect(watcher.timeOffsets.count >= 2)
        for offset in watcher.timeOffsets {
            // The receiver speaks 120 ms after its second, at 9600 baud.
            let delay = (offset.clock - offset.reference).seconds
            #expect((0.1...1.2).contains(delay), "\(offset)")
            #expect(offset.reference == offset.reference.startOfSecond)
        }
        let fix = try #require(watcher.fixes.last)
        #expect(abs(((fix.time ?? .unixEpoch) - KernelClock.realTime()).seconds) < 20)
        #expect(fix.mode == .threeDimensional)
        // Twelve are in the stream's GSV, eleven of them in GSA (mt3339.nmea).
        let satellites = try #require(watcher.skies.last?.satellites)
        #expect((10...13).contains(satellites.count), "\(satellites)")
        #expect(satellites.allSatisfy { $0.constellation == .gps || $0.constellation == .sbas }, "\(satellites)")
        #expect(satellites.filter(\.isUsed).count >= 8)
        #expect(watcher.longestCall < 0.5)
    }

    @Test(
        "u-blox receivers of the corpus give the right seconds, leap seconds and satellites through gpsd",
        arguments: [("ublox-lea-4t", 15, 1), ("ublox-neo-m8t-s", 18, 2), ("navisys-gr8013", 18, 10)])
    func realStreams(stream: String, leapSeconds: Int, atLeast count: Int) async throws {
        let folder = Folder()
        let (port, source) = (try Self.freePort(), try Self.freePort())
        var receiver = try Self.receiver(stream + ".bin", port: source, size: 100, pause: 0.02)
        defer { _ = try? receiver.terminate(timeout: .seconds(1)) }
        try await Task.sleep(for: .seconds(2))
        var gpsd = try RealGPSD(port: port, device: "tcp://127.0.0.1:\(source)", folder: folder)
        defer { gpsd.end() }
        let watcher = GPSDWatcher(.thisComputer(port: port))
        let told = try await watcher.watch(within: 15) { watcher in
            watcher.fixes.count { $0.leapSeconds != nil } >= count && !watcher.skies.isEmpty
        }
        #expect(told, "\(watcher.problems) \(watcher.reports)")
        let epochs = try RealStream.epochs(stream)
        // gpsd reports the first epoch before the corpus does, from a message without UTC (README of the corpus).
        for fix in watcher.fixes.dropFirst() {
            #expect(epochs.contains(fix.time?.description ?? ""), "\(fix)")
        }
        #expect(watcher.fixes.last?.leapSeconds == leapSeconds)
        #expect(watcher.fixes.allSatisfy { $0.device == "tcp://127.0.0.1:\(source)" })
        let devices = watcher.reports.compactMap { if case .device(let device) = $0 { device } else { nil } }
        #expect(devices.contains { $0.driver == "u-blox" && $0.isActive }, "\(devices)")
        let satellites = try #require(watcher.skies.last?.satellites)
        #expect(satellites.allSatisfy { $0.number > 0 && ($0.signal ?? 0) < 60 }, "\(satellites)")
        #expect(satellites.contains { $0.isUsed })
        #expect(!watcher.reports.contains { if case .malformed = $0 { true } else { false } }, "\(watcher.reports)")
    }

    /// gpsd 3.22 adds 1024 weeks to the dates of older captures.
    @Test(
        "NMEA receivers of the corpus give the right seconds through gpsd",
        arguments: ["quectel-L70", "st-teseo-liv3f", "sirfstarv-nmea"])
    func realSentences(stream: String) async throws {
        let folder = Folder()
        let (port, source) = (try Self.freePort(), try Self.freePort())
        var receiver = try Self.receiver(stream + ".nmea", port: source, size: 200, pause: 0.02)
        defer { _ = try? receiver.terminate(timeout: .seconds(1)) }
        try await Task.sleep(for: .seconds(2))
        var gpsd = try RealGPSD(port: port, device: "tcp://127.0.0.1:\(source)", folder: folder)
        defer { gpsd.end() }
        let watcher = GPSDWatcher(.thisComputer(port: port))
        let told = try await watcher.watch(within: 15) { $0.fixes.count >= 8 && $0.timeOffsets.count >= 3 }
        #expect(told, "\(watcher.problems) \(watcher.reports)")
        let epochs = try RealStream.epochs(stream)
        for fix in watcher.fixes { #expect(epochs.contains(fix.time?.description ?? ""), "\(fix)") }
        for offset in watcher.timeOffsets { #expect(epochs.contains(offset.reference.description), "\(offset)") }
        // NMEA has no word for the leap seconds.
        #expect(watcher.fixes.allSatisfy { $0.leapSeconds == nil && $0.latitude != nil })
    }

    @Test("asked what it has, gpsd lists its device")
    func deviceList() async throws {
        let folder = Folder()
        let port = try Self.freePort()
        let feeder = Feeder(
            link: folder.file("gps"), pulses: folder.file("none"), stream: RealStream("mt3339"), behaviour: .init())
        defer { feeder.stop() }
        #expect(try await eventually(within: 5) { FileManager.default.fileExists(atPath: folder.file("gps")) })
        var gpsd = try RealGPSD(port: port, device: folder.file("gps"), folder: folder)
        defer { gpsd.end() }
        let watcher = GPSDWatcher(.thisComputer(port: port))
        func lists() -> [[String]] {
            watcher.reports.compactMap { if case .devices(let devices) = $0 { devices.map(\.path) } else { nil } }
        }
        // Once with the answer to WATCH, and once asked after 10 s.
        #expect(try await watcher.watch(within: 15) { _ in lists().count >= 2 }, "\(watcher.problems)")
        #expect(lists().allSatisfy { $0 == [folder.file("gps")] }, "\(lists())")
    }
}

/// The shim that loads libgps, compiled by hand.
@Suite("The shim of libgps", .enabled(if: Programs.installed("cc") != nil))
struct GPSDShimTests {
    private static let sources = Programs.root + "/Sources/CGPS"
    /// CGPS_READY ... as in CGPS.h.
    private static let program = """
        #include "CGPS.h"
        #include <stdio.h>
        int main(int count, char **words) {
            struct cgps *session = 0;
            printf("outcome %d, API %d", cgps_open(count > 1 ? words[1] : 0, &session), cgps_api());
            return 0;
        }
        """

    private func compile(_ folder: Folder, _ output: String, _ words: [String]) async throws {
        let compiler = try #require(Programs.installed("cc"))
        let made = try await run([compiler, "-Wall", "-Werror", "-o", folder.file(output)] + words)
        #expect(made.status == 0, "\(made)")
    }

    @Test("built without libgps, it says so and needs nothing")
    func builtWithout() async throws {
        let folder = Folder()
        let main = try folder.write("main.c", Self.program)
        let words = ["-DTIMEBALL_WITHOUT_LIBGPS", "-I\(Self.sources)/include", "\(Self.sources)/CGPS.c", main]
        try await compile(folder, "without", words)
        #expect(try await run([folder.file("without")]).output == "outcome 1, API 0")
    }

    @Test(
        "a libgps of another layout is found out, and none is linked",
        .enabled(if: FileManager.default.fileExists(atPath: "/usr/include/gps.h")))
    func otherLayout() async throws {
        let folder = Folder()
        let main = try folder.write("main.c", Self.program)
        try await compile(folder, "with", ["-I\(Self.sources)/include", "\(Self.sources)/CGPS.c", main])
        #expect(try await run([folder.file("with")]).output.hasPrefix("outcome 0, API "))
        let linked = try await run([try #require(Programs.installed("ldd")), folder.file("with")])
        #expect(!linked.output.contains("libgps") && !linked.output.contains("libdbus"), "\(linked)")
        // One that does what it is asked for, eight bytes further on.
        let other = try folder.write(
            "other.c",
            """
            #define _GNU_SOURCE
            #include <dlfcn.h>
            #include <string.h>
            typedef int function(const char *text, char *data, const char **end);
            int libgps_json_unpack(const char *text, char *data, const char **end) {
                function *unpack = (function *)dlsym(RTLD_NEXT, "libgps_json_unpack");
                if (!unpack) return -1;
                int answer = unpack(text, data + 8, end);
                memcpy(data, data + 8, 8);
                return answer;
            }
            """)
        try await compile(folder, "other.so", ["-shared", "-fPIC", "-Wl,--no-as-needed", other, "-lgps"])
        #expect(try await run([folder.file("with"), folder.file("other.so")]).output.hasPrefix("outcome 3, API "))
    }
}
