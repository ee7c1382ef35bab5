import ConfigurationLanguage
import Discipline
import Foundation
import Glibc
import LinuxSystem
import NTPServer
import Reports
import ReferenceClocks
import SimulatedWorld
import TimeScale
import Timekeeping

@testable import Daemon

/// A clock that the test moves; whatever the kernel stamps has come just now.
final class BenchClock: ClockControl {
    private let clock: SimulatedClock

    init(start: Instant) {
        clock = SimulatedClock(start: start, offset: 0.3, oscillator: Oscillator(OscillatorModel(), seed: 1))
    }

    func advance(to elapsed: Interval) { clock.advance(to: max(clock.elapsed, elapsed.nanoseconds)) }
    var error: Double { clock.error }
    func now() -> Instant { clock.now() }
    func monotonicNow() -> MonotonicInstant { clock.monotonicNow() }
    let isMonotonicSteered = false
    func reading(atKernelTime stamp: Instant) -> Instant { clock.now() }
    var frequencyCorrection: Double { clock.frequencyCorrection }
    var largestFrequencyCorrection: Double { clock.largestFrequencyCorrection }
    let inheritedMaximumError: Double? = nil
    func readFrequencyCorrection() -> Double { clock.readFrequencyCorrection() }
    func setFrequencyCorrection(_ correction: Double) -> Double { clock.setFrequencyCorrection(correction) }
    func step(by interval: Interval) -> Interval { clock.step(by: interval) }
    func setStatus(_ status: ClockStatus) { clock.setStatus(status) }
}

/// A receiver on a pseudo-terminal, the device that reads it, and the timekeeper behind: real bytes in imagined time.
final class ReceiverBench {
    /// A line of the log, and the second in which it was written.
    struct Line: CustomStringConvertible {
        let second: Int
        let level: LogLevel
        let text: String
        var description: String { "\(second) \(level): \(text)" }
    }

    /// Bytes that are written at a time.
    private static let portion = 64

    let clock: BenchClock
    private(set) var timekeeper: Timekeeper<BenchClock>
    /// The log.
    private(set) var lines: [Line] = []
    /// The state of quality at the end of each second.
    private(set) var states: [QualityState] = []
    /// Speeds to which the line was set, in order.
    private(set) var speeds: [Int] = []

    /// Seconds since the beginning.
    var second: Int { states.count }

    private let start: Instant
    private let folder: TemporaryDirectory
    private let links: TemporaryDirectory
    private let device: SourceDevice
    private var buffer = [UInt8](repeating: 0, count: 512)
    private var set = PollSet()
    private var terminal: PseudoTerminal?
    private var noise = RandomSource(seed: 7)
    private var random = RandomSource(seed: 8)

    /// A daemon whose receiver is not there yet.
    ///
    /// - Parameters:
    ///   - start: true time at the beginning.
    ///   - options: of its clock, behind the path, which may stand in them as `PORT`.
    ///   - server: the socket of a gpsd, where the clock is gpsd's.
    /// - Throws: `SystemError`.
    init(start: Instant, _ options: String = "baud 9600 mode 16", server: String? = nil) throws {
        folder = try TemporaryDirectory(prefix: "timeball-test")
        links = try TemporaryDirectory(prefix: "timeball-test")
        self.start = start
        let options = options.replacingOccurrences(of: "PORT", with: "\(folder.path)/gps0")
        let clock = server.map { "gpsd unit 0 host \($0)" } ?? "nmea unit 0 path \(folder.path)/gps0 \(options)"
        let text = "refclock \(clock) minpoll 0 maxpoll 0 prefer\nlocal stratum 10\n"
        let (configuration, diagnostics) = NTPConfiguration.parse(text: Array(text.utf8), file: "bench") { _ in nil }
        precondition(diagnostics.isEmpty, "\(diagnostics)")
        self.clock = BenchClock(start: start)
        let earliest = start - .seconds(30 * 86_400)
        let sources = configuration.referenceClocks.filter { $0.driver != .localClock }
            .map { ReferenceClock($0, earliestDate: earliest) }
        var settings = Timekeeper<BenchClock>.Settings(configuration)
        settings.earliestDate = EarliestDate(earliest)
        timekeeper = Timekeeper(clock: self.clock, sources: sources, settings: settings)
        device = SourceDevice(index: 0, source: sources[0], now: self.clock.monotonicNow(), links: links.path)
    }

    // MARK: - The receiver

    /// Plugs a receiver in: another terminal, and udev's links to it.
    ///
    /// - Parameters:
    ///   - isFirst: whether it becomes `gps0`, the configured name.
    ///   - identity: its link by what it is.
    /// - Throws: `SystemError`, or where the links cannot be made.
    func plug(isFirst: Bool = true, identity: String = "usb-A") throws {
        // Made before the other goes, whose number it would get.
        let made = try PseudoTerminal()
        unplug()
        if isFirst { try link(folder.path + "/gps0", to: made.path) }
        try link(links.path + "/" + identity, to: made.path)
        terminal = consume made
    }

    /// Pulls it out.
    func unplug() {
        for folder in [folder.path, links.path] {
            for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
                try? FileManager.default.removeItem(atPath: folder + "/" + name)
            }
        }
        terminal = nil
    }

    private func link(_ path: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
    }

    // MARK: - Time

    /// Lets time pass.
    ///
    /// - Parameters:
    ///   - seconds: how many.
    ///   - baudRate: at which the receiver writes; the line must be set to it, or garbage is read.
    ///   - burst: what the receiver writes about a second that has begun.
    /// - Throws: `SystemError`.
    func run(_ seconds: Int, at baudRate: Int = 9600, _ burst: (Instant) -> [UInt8] = { _ in [] }) throws {
        for _ in 0..<seconds {
            let elapsed = Interval.seconds(Int64(second))
            clock.advance(to: elapsed)
            timekeeper.tick()
            try attend()
            let bytes = burst(start + elapsed)
            let delay = Interval(seconds: ImaginedReceiver().delay(&random))
            for first in stride(from: 0, to: bytes.count, by: Self.portion) {
                let last = min(first + Self.portion, bytes.count)
                let time = Double(last * 10) / Double(baudRate)
                clock.advance(to: elapsed + delay + Interval(seconds: time))
                write(Array(bytes[first..<last]), at: baudRate)
                try attend()
            }
            clock.advance(to: elapsed + .milliseconds(950))
            try attend()
            states.append(timekeeper.ladder.state)
        }
    }

    /// A line that is set to another speed samples something else, and about so many times more or fewer of it.
    private func write(_ bytes: [UInt8], at baudRate: Int) {
        guard let speed = terminal?.baudRate else { return }
        if speeds.last != speed { speeds.append(speed) }
        let isRight = speed == baudRate
        let count = min(512, max(1, bytes.count * speed / baudRate))
        let garbage = isRight ? [] : (0..<count).map { _ in UInt8(truncatingIfNeeded: noise.next()) }
        // A terminal that nobody reads is full after 4 kB; what does not fit is lost.
        try? terminal?.write((isRight ? bytes : garbage).span)
    }

    /// What the daemon's loop does, until nothing is left to read.
    private func attend() throws {
        for _ in 0..<16 {
            set.removeAll()
            device.register(in: &set)
            _ = try set.wait(timeout: .zero)
            let isReady = device.pollIndex.map { set.needsAttention($0) } ?? false
            let now = clock.monotonicNow()
            device.read(&timekeeper, buffer: &buffer, isReady: isReady, now: now)
            device.open(&timekeeper, now: now)
            for entry in timekeeper.takeJournal() {
                lines.append(Line(second: second, level: entry.level, text: entry.text))
            }
            if !isReady { break }
        }
    }

    // MARK: - What came of it

    /// What the receiver says about itself.
    var receiver: ReceiverReport? { timekeeper.snapshot().receivers.first }

    /// The lines that contain words, without the source's name.
    func lines(with words: String) -> [Line] { lines.filter { $0.text.contains(words) } }

    /// The warnings about the source from a second on.
    func warnings(since second: Int) -> [Line] {
        let name = timekeeper.sources[0].configuration.name + ": "
        return lines.filter { $0.level == .warning && $0.second >= second && $0.text.hasPrefix(name) }
    }

    /// How long after a second the source was good again; `nil` where it was not.
    func recovery(since second: Int) -> Int? {
        lines.first { $0.second >= second && $0.text.hasSuffix(": good") }.map { $0.second - second }
    }
}

/// A gpsd of paper: a Unix socket whose clients the test lets in when it likes, and tells what it likes.
final class PaperGPSD {
    let path = "/tmp/timeball-gpsd-\(UInt32.random(in: 0 ... .max))"
    private let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
    private var clients: [Int32] = []

    init() {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // SAFETY: the path is shorter than the array, which is zero behind it.
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        // SAFETY: the address is valid within the call.
        let outcome = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        precondition(outcome == 0 && listen(listener, 8) == 0, "a test's socket cannot be made")
    }

    deinit {
        for client in clients + [listener] { close(client) }
        // SAFETY: the function reads the string.
        _ = unsafe unlink(path)
    }

    /// Lets in and greets whoever waits.
    func greet() {
        while case let client = accept(listener, nil, nil), client >= 0 { clients.append(client) }
        say(#"{"class":"VERSION","release":"3.22","rev":"3.22","proto_major":3,"proto_minor":14}"#)
    }

    /// Tells a second, as of a receiver with a fix.
    func tell(_ second: Instant) {
        let seconds = second.wholeSeconds
        say(
            #"{"class":"TOFF","device":"/dev/gps0","real_sec":\#(seconds), "real_nsec":0,"#
                + #""clock_sec":\#(seconds),"clock_nsec":1}"#)
        say(#"{"class":"TPV","device":"/dev/gps0","mode":3,"time":"\#(second)"}"#)
    }

    /// Sends a line to everybody; some may have gone.
    private func say(_ text: String) {
        let bytes = Array((text + "\r\n").utf8)
        // SAFETY: pointer and length are those of the array.
        for client in clients { _ = unsafe send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT)) }
    }

    /// Closes every connection.
    func hangUp() {
        for client in clients { close(client) }
        clients = []
    }
}

/// The streams of the corpus beside the package; `nil` where it is not there.
enum Corpus {
    private static let root: String = {
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().path
        return (ProcessInfo.processInfo.environment["TIMEBALL_SHARED"] ?? package + "/shared") + "/corpus/"
    }()

    /// Whether it is there; says loudly where it is not.
    static let isThere: Bool = {
        let isThere = FileManager.default.fileExists(atPath: root + "streams")
        if !isThere {
            FileHandle.standardError.write(Data("*** STREAMS NOT TESTED: no corpus at \(root) ***\n".utf8))
        }
        return isThere
    }()

    /// The bytes of a file.
    static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: root + name)))
    }
}
