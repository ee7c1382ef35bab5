import CGPS
import GPSDWire
import LinuxSystem
import TimeScale

/// Lines of gpsd's in, reports out: by libgps, but for what it gets wrong, which `GPSDLine` reads.
@safe struct GPSDDecoder: ~Copyable {
    /// libgps and its structure.
    private let session: OpaquePointer
    /// A line with the zero at its end that C wants.
    private var text: [CChar] = []

    /// Loads libgps.
    ///
    /// - Parameter library: its path; `nil` for the one that is installed.
    /// - Throws: `SystemError` with words for the one who has to mend it.
    init(library: String?) throws(SystemError) {
        var opened: OpaquePointer?
        // SAFETY: the function reads the path and fills the pointer.
        let outcome = unsafe cgps_open(library, &opened)
        guard outcome == CGPS_READY, let opened = unsafe opened else {
            throw SystemError(libgps: outcome, library: library)
        }
        unsafe session = opened
        text.reserveCapacity(GPSDLines.longestLine + 1)
    }

    deinit {
        // SAFETY: the session was opened in `init`, and nobody else has it.
        unsafe cgps_close(session)
    }

    /// Decodes a line.
    ///
    /// - Parameter line: without its end.
    /// - Returns: what it says; `nil` for messages that do not count here.
    mutating func decode(_ line: Span<UInt8>) -> GPSDReport? {
        do throws(GPSDLineError) {
            let read = try GPSDLine(line)
            switch read.kind {
            case .pulse: return .pulse(try read.pulse())
            case .timeOffset: return .timeOffset(try read.timeOffset())
            case .other: return nil
            case .device where read.isClosed:
                let path = read.device ?? "?"
                return .device(GPSDDevice(path: path, driver: nil, model: nil, firmware: nil, isActive: false))
            default: return try unpack(line, read)
            }
        } catch {
            return .malformed(error)
        }
    }

    private mutating func unpack(_ line: Span<UInt8>, _ read: GPSDLine) throws(GPSDLineError) -> GPSDReport {
        text.removeAll(keepingCapacity: true)
        for index in line.indices { text.append(CChar(bitPattern: line[index])) }
        text.append(0)
        var message = unsafe cgps_message()
        // SAFETY: the text ends with a zero; the session is open; texts in the message are read before the next.
        unsafe cgps_unpack(session, text, &message)
        switch (read.kind, unsafe message.kind) {
        case (.version, CGPS_VERSION): return unsafe .version(Self.version(message))
        case (.error, CGPS_ERROR): return unsafe .error(Self.string(message.text) ?? "")
        case (.device, CGPS_DEVICE): return .device(device(0))
        case (.devices, CGPS_DEVICES):
            var devices: [GPSDDevice] = []
            for index in unsafe 0..<message.device_count { devices.append(device(index)) }
            return .devices(devices)
        case (.fix, CGPS_FIX): return unsafe .fix(Self.fix(message, read))
        case (.sky, CGPS_SKY): return unsafe .satellites(sky(message, read))
        default: throw .notDecoded
        }
    }

    private static func version(_ message: cgps_message) -> GPSDVersion {
        unsafe GPSDVersion(
            release: string(message.text) ?? "?", protocolMajor: Int(message.protocol_major),
            protocolMinor: Int(message.protocol_minor))
    }

    private static func fix(_ message: cgps_message, _ read: GPSDLine) -> GPSDFix {
        let (seconds, nanoseconds) = unsafe (message.seconds, message.nanoseconds)
        let time = seconds == 0 ? nil : Instant(seconds: seconds, nanosecondsOfSecond: nanoseconds)
        return unsafe GPSDFix(
            device: read.device, time: time, isLeapSecond: time != nil && read.isLeapSecond,
            mode: GPSDFix.Mode(rawValue: Int(message.mode)) ?? .unknown, status: Int(message.status),
            leapSeconds: message.leap_seconds > 0 ? Int(message.leap_seconds) : nil,
            latitude: finite(message.latitude), longitude: finite(message.longitude), height: finite(message.height))
    }

    private func sky(_ message: cgps_message, _ read: GPSDLine) -> GPSDSky {
        var dilutions = GPSDDilutions()
        unsafe dilutions.horizontal = Self.finite(message.hdop)
        unsafe (dilutions.position, dilutions.time) = (Self.finite(message.pdop), Self.finite(message.tdop))
        var satellites: [GPSDSatellite] = []
        for index in unsafe 0..<message.satellite_count { satellites.append(satellite(index)) }
        return GPSDSky(device: read.device, dilutions: dilutions, satellites: read.hasSatellites ? satellites : nil)
    }

    private func device(_ index: Int32) -> GPSDDevice {
        var device = unsafe cgps_device()
        // SAFETY: the session is open; the texts are read before the next message.
        unsafe cgps_device(session, index, &device)
        return unsafe GPSDDevice(
            path: Self.string(device.path) ?? "?", driver: Self.string(device.driver),
            model: Self.string(device.subtype), firmware: Self.string(device.subtype1),
            isActive: device.activated != 0)
    }

    private func satellite(_ index: Int32) -> GPSDSatellite {
        var satellite = cgps_satellite()
        // SAFETY: the session is open.
        unsafe cgps_satellite(session, index, &satellite)
        let hasSystem = satellite.svid != 0
        return GPSDSatellite(
            constellation: hasSystem ? GPSDConstellation(rawValue: Int(satellite.gnssid)) : nil,
            number: Int(hasSystem ? satellite.svid : satellite.prn),
            // −1 stands for unknown.
            signal: Self.finite(satellite.signal).flatMap { $0 >= 0 ? $0 : nil }, isUsed: satellite.used != 0,
            elevation: Self.finite(satellite.elevation), azimuth: Self.finite(satellite.azimuth))
    }

    /// A text of libgps's; `nil` where it is empty.
    private static func string(_ text: UnsafePointer<CChar>?) -> String? {
        guard let text = unsafe text, unsafe text.pointee != 0 else { return nil }
        // SAFETY: libgps's texts end with a zero.
        return unsafe GPSDText.printable(String(cString: text).utf8)
    }

    private static func finite(_ number: Double) -> Double? { number.isFinite ? number : nil }
}

extension SystemError {
    /// Why libgps cannot be used, and what to do.
    ///
    /// - Parameters:
    ///   - outcome: what `cgps_open` answered; not `CGPS_READY`.
    ///   - library: the path that was tried; `nil` for the names that belong to the API.
    package init(libgps outcome: cgps_outcome, library: String? = nil) {
        // SAFETY: a constant text.
        let names = unsafe library ?? String(cString: cgps_libraries())
        let remark: StaticString
        switch outcome {
        case CGPS_BUILT_WITHOUT:
            self.init(
                "use", code: Self.endOfFile, subject: "libgps",
                remark: """
                    this program was built without it: install libgps-dev, 'make clean' and build again, or use gpsd's \
                    SHM or SOCK
                    """)
            return
        case CGPS_NOT_INSTALLED:
            remark = "not installed, or not of the version that this program was built for: see 'ldconfig -p'"
        case CGPS_OTHER_LIBRARY:
            remark = """
                libgps here is another than the one this program was built for: build it again, or use gpsd's SHM or \
                SOCK
                """
        default: remark = "no memory"
        }
        self.init("load", code: Self.endOfFile, subject: "\(names) (API \(cgps_api()))", remark: remark)
    }
}
