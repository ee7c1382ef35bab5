import ConfigurationLanguage
import LinuxSystem
import Receivers
import ReferenceClocks
import TimeScale

/// A serial port that is listened to for a while: how its line is set is found out, and put back at the end.
final class ListeningPort {
    /// Decodes what comes.
    var decoder: ReceiverDecoder
    /// How the line is set.
    private(set) var settings: LineSettings

    private let hold: SerialPortHold
    private let port: SerialPort
    /// Those that the port takes; empty where the settings are given.
    private let likely: [LineSettings]
    private var search: SpeedSearch?

    /// Opens a port.
    ///
    /// - Parameters:
    ///   - path: the device.
    ///   - settings: of the line; `nil` to find them out, first trying those that the port has.
    ///   - decoder: decodes what comes.
    /// - Throws: `SystemError`.
    init(path: String, settings: LineSettings? = nil, by decoder: ReceiverDecoder) throws(SystemError) {
        let hold = try SerialPortHold(path: path)
        let before = LineSettings(hold.baudRate ?? LineSettings.speeds[0])
        let port = try SerialPort(path: path, settings ?? before, isHeld: true)
        let likely = settings == nil ? port.taken(of: SpeedSearch.likely) : []
        let first = likely.contains(before) ? before : likely.first ?? settings ?? before
        try port.change(to: first)
        self.hold = hold
        self.port = port
        (self.likely, self.settings, self.decoder) = (likely, first, decoder)
        self.decoder.characterTime = first.characterTime
        beginSearch()
    }

    /// For `PollSet`.
    var descriptorNumber: Int32 { port.descriptor.rawValue }

    /// Reads what has come.
    ///
    /// - Returns: the count of bytes; `nil` where there are none.
    func read(into buffer: inout [UInt8]) throws(SystemError) -> Int? {
        var bytes = buffer.mutableSpan
        return try port.read(into: &bytes)
    }

    /// Sends a command to the receiver.
    func write(_ bytes: [UInt8]) throws(SystemError) { try port.write(bytes.span) }

    /// Has the kernel stamp the carrier detect line.
    ///
    /// - Returns: the pulse device.
    func attachPulses() throws(SystemError) -> String { try port.attachPulseLineDiscipline() }

    /// Searches from the settings that the line has, where they were not given.
    func beginSearch() {
        guard !likely.isEmpty else { return }
        search = SpeedSearch(
            first: settings, among: likely, statistics: decoder.statistics, now: KernelClock.monotonic())
    }

    /// Goes on with the search; the settings are those that it wants.
    ///
    /// - Returns: what it said; `listen` also where there is none.
    func follow() throws(SystemError) -> SpeedSearch.Step {
        guard let step = search?.observe(decoder.statistics, now: KernelClock.monotonic()) else { return .listen }
        switch step {
        case .listen: break
        case .change(let settings):
            try port.change(to: settings)
            self.settings = settings
            decoder.reset()
            decoder.characterTime = settings.characterTime
        case .found, .failed: search = nil
        }
        return step
    }
}
