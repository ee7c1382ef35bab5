import ConfigurationLanguage
import Discipline
import LinuxSystem
import Receivers
import ReferenceClocks
import TimeScale
import Timekeeping

/// The serial line of a receiver: read as bytes come, at the speed at which the receiver writes.
///
/// Where bytes come that nothing can be made of, the other speeds are tried: a receiver that was reset, or is another one,
/// is followed.
struct ReceiverPort: ~Copyable {
    /// So many bytes without a message are unreadable: three of the longest sentences.
    private static let unreadableBytes: UInt64 = 400
    /// So long must they have come for: a receiver's longest packet may take most of a second.
    private static let unreadableTime = Interval.seconds(4)
    /// So long without a message is too long however few the bytes are: at a speed far below the receiver's, its second is
    /// read as two or three. Longer than any receiver waits between its messages.
    private static let longestUnreadable = Interval.seconds(15)
    /// Bytes after such a silence are a new beginning, of a receiver that was reset.
    private static let silence = Interval.seconds(12)
    /// Between searches that found nothing: after each a longer time, for a language that we do not know is no reason to
    /// change the speed all day.
    private static let pauses = (first: Interval.seconds(30), longest: Interval.seconds(600))

    private let port: SerialPort
    private let parity: LineParity
    private let configuredSpeed: Int
    /// The speed that is set, bit/s.
    private(set) var baudRate: Int
    /// Whether a byte has come.
    private(set) var hasSpoken = false
    private var search: SpeedSearch?
    /// What had been counted when the last message came, and when that was.
    private var quiet: (statistics: ReceiverStatistics, since: MonotonicInstant)?
    private var lastByte: MonotonicInstant
    private var pause = pauses.first
    private var nextSearch: MonotonicInstant

    /// Opens a line.
    ///
    /// - Parameters:
    ///   - path: of the device.
    ///   - configuration: of the clock.
    ///   - baudRate: the speed to begin with, bit/s.
    ///   - now: the time.
    /// - Throws: `SystemError`.
    init(
        path: String, _ configuration: ReferenceClockConfiguration, baudRate: Int, now: MonotonicInstant
    ) throws(SystemError) {
        port = try SerialPort(path: path, LineSettings(baudRate, configuration.effectiveParity))
        parity = configuration.effectiveParity
        configuredSpeed = configuration.effectiveBaudRate
        (self.baudRate, nextSearch, lastByte) = (baudRate, now, now)
    }

    /// For `PollSet`.
    var descriptorNumber: Int32 { port.descriptor.rawValue }

    /// When it wants attention without anything to read.
    var due: MonotonicInstant { search?.due ?? .distantFuture }

    /// Has the kernel stamp the edges of the line that carries pulses.
    ///
    /// - Returns: the pulse device.
    func attachPulseLineDiscipline() throws(SystemError) -> String { try port.attachPulseLineDiscipline() }

    /// Reads what has come, and looks after the speed.
    ///
    /// - Parameters:
    ///   - timekeeper: is told.
    ///   - index: the source.
    ///   - buffer: room for a read.
    ///   - isReady: whether there is something to read.
    ///   - now: the time.
    /// - Throws: `SystemError` where the device is gone.
    mutating func read(
        _ timekeeper: inout Timekeeper<some ClockControl>, _ index: Int, buffer: inout [UInt8], isReady: Bool,
        now: MonotonicInstant
    ) throws(SystemError) {
        if isReady {
            var bytes = buffer.mutableSpan
            if let count = try port.read(into: &bytes) {
                let arrived = KernelClock.realTime()
                hasSpoken = true
                timekeeper.receive(bytes: bytes.span.extracting(first: count), arrived: arrived, from: index)
            }
        }
        try send(timekeeper.takeOutput(for: index))
        guard isReady || now >= due, let statistics = timekeeper.sources[index].receiverStatistics else { return }
        if search != nil {
            try follow(statistics, &timekeeper, index, now)
        } else if isUnreadable(statistics, now) {
            try begin(LineSettings.speeds.filter { $0 != baudRate } + [baudRate], &timekeeper, index, now)
        }
    }

    /// Sends the receiver what its profile wants; where the queue is full, the command is lost and comes again.
    private func send(_ bytes: [UInt8]) throws(SystemError) {
        guard !bytes.isEmpty, search == nil else { return }
        do throws(SystemError) { try port.write(bytes.span) } catch  where error.isTryAgain {}
    }

    // MARK: - Speed

    /// Whether bytes have come for a while, and no message among them.
    private mutating func isUnreadable(_ statistics: ReceiverStatistics, _ now: MonotonicInstant) -> Bool {
        defer { lastByte = now }
        guard let quiet, statistics.messages == quiet.statistics.messages, now - lastByte < Self.silence else {
            self.quiet = (statistics, now)
            return false
        }
        guard now >= nextSearch else { return false }
        let time = now - quiet.since
        return time > Self.longestUnreadable
            || time > Self.unreadableTime && statistics.bytes - quiet.statistics.bytes > Self.unreadableBytes
    }

    /// Begins a search among the speeds that the port takes.
    private mutating func begin(
        _ speeds: [Int], _ timekeeper: inout Timekeeper<some ClockControl>, _ index: Int, _ now: MonotonicInstant
    ) throws(SystemError) {
        let usable = port.taken(of: speeds.map { LineSettings($0, parity) })
        guard let first = usable.first, let statistics = timekeeper.sources[index].receiverStatistics else { return }
        search = SpeedSearch(among: usable, statistics: statistics, now: now)
        try set(first, &timekeeper, index)
    }

    private mutating func follow(
        _ statistics: ReceiverStatistics, _ timekeeper: inout Timekeeper<some ClockControl>, _ index: Int,
        _ now: MonotonicInstant
    ) throws(SystemError) {
        switch search?.observe(statistics, now: now) {
        case nil, .listen: break
        case .change(let settings): try set(settings, &timekeeper, index)
        case .found(let finding):
            (search, quiet, pause) = (nil, nil, Self.pauses.first)
            let languages = finding.languages.map(\.description).joined(separator: ", ")
            timekeeper.speedFound(index, baudRate: baudRate, languages: languages)
        case .failed:
            (search, quiet, nextSearch) = (nil, nil, now + pause)
            pause = min(pause + pause, Self.pauses.longest)
            try set(LineSettings(configuredSpeed, parity), &timekeeper, index)
        }
    }

    private mutating func set(
        _ settings: LineSettings, _ timekeeper: inout Timekeeper<some ClockControl>, _ index: Int
    ) throws(SystemError) {
        try port.change(to: settings)
        baudRate = settings.baudRate
        timekeeper.speedChanged(index, to: baudRate)
    }
}
