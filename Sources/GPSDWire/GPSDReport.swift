import TimeScale

/// What gpsd tells its client.
public enum GPSDReport: Equatable, Sendable {
    /// gpsd has greeted, and was asked for its reports.
    case version(GPSDVersion)
    /// All devices that gpsd has: after the greeting.
    case devices([GPSDDevice])
    /// A device has come, gone or been recognised.
    case device(GPSDDevice)
    /// The second, by the receiver's messages.
    case fix(GPSDFix)
    /// Dilutions, and the satellites where they were sent too.
    case satellites(GPSDSky)
    /// When the sentences of a second came.
    case timeOffset(GPSDTimeOffset)
    /// When the pulse of a second came.
    case pulse(GPSDPulse)
    /// gpsd does not take a request: for one, because it has no device of that name.
    case error(String)
    /// A line that is not understood.
    case malformed(GPSDLineError)

    /// Whether it tells something of a receiver, which shows that gpsd works.
    public var isAboutReceiver: Bool {
        switch self {
        case .fix, .satellites, .timeOffset, .pulse: true
        case .version, .devices, .device, .error, .malformed: false
        }
    }
}

/// A greeting (VERSION).
public struct GPSDVersion: Equatable, Sendable {
    /// The release, `3.22`.
    public let release: String
    /// The protocol's number before the point (`proto_major`).
    public let protocolMajor: Int
    /// The protocol's number behind the point (`proto_minor`).
    public let protocolMinor: Int

    /// A greeting.
    public init(release: String, protocolMajor: Int, protocolMinor: Int) {
        (self.release, self.protocolMajor, self.protocolMinor) = (release, protocolMajor, protocolMinor)
    }
}

/// A receiver of gpsd's (DEVICE).
public struct GPSDDevice: Equatable, Sendable {
    /// The device's path, as gpsd has it.
    public let path: String
    /// gpsd's driver, `u-blox`; `nil` as long as nothing was recognised.
    public let driver: String?
    /// `subtype`: what the receiver says about itself, often its hardware or its firmware.
    public let model: String?
    /// `subtype1`: more of that.
    public let firmware: String?
    /// Whether gpsd has it open.
    public let isActive: Bool

    /// Whether a path is that of a PPS device of the kernel's, which is no receiver.
    public static func isPulseDevice(_ path: String) -> Bool { path.hasPrefix("/dev/pps") }

    /// A receiver.
    public init(path: String, driver: String?, model: String?, firmware: String?, isActive: Bool) {
        (self.path, self.driver, self.model, self.firmware) = (path, driver, model, firmware)
        self.isActive = isActive
    }
}

/// A receiver's second, and how it came by it (TPV).
public struct GPSDFix: Equatable, Sendable {
    /// The kinds of fix.
    public enum Mode: Int, Equatable, Sendable {
        /// Nothing is known.
        case unknown = 0
        /// No fix.
        case none = 1
        /// Without height.
        case twoDimensional = 2
        /// With height.
        case threeDimensional = 3
    }

    /// The device.
    public let device: String?
    /// UTC of the fix, in milliseconds; not when it came. `nil` where the receiver tells none.
    public let time: Instant?
    /// Whether the time is the inserted second 60; it stands in `time` as the 00:00:00 that follows.
    public let isLeapSecond: Bool
    /// The kind of fix. A receiver in its timing mode may have `unknown` and be right (gpsd 3.22).
    public let mode: Mode
    /// gpsd's number: 0 unknown, 1 GNSS, 2 differential, 3 and 4 RTK, 5 dead reckoning, 6 with dead reckoning, 7 time
    /// only (surveyed), 8 simulated, 9 P(Y).
    public let status: Int
    /// GPS − UTC in seconds; `nil` until the receiver has been told by a satellite.
    public let leapSeconds: Int?
    /// Degrees, north positive; `nil` where not told.
    public let latitude: Double?
    /// Degrees, east positive; `nil` where not told.
    public let longitude: Double?
    /// Metres above the ellipsoid (`altHAE`); `nil` where not told.
    public let height: Double?

    /// A fix.
    public init(
        device: String?, time: Instant?, isLeapSecond: Bool, mode: Mode, status: Int, leapSeconds: Int?,
        latitude: Double? = nil, longitude: Double? = nil, height: Double? = nil
    ) {
        (self.device, self.time, self.isLeapSecond) = (device, time, isLeapSecond)
        (self.mode, self.status, self.leapSeconds) = (mode, status, leapSeconds)
        (self.latitude, self.longitude, self.height) = (latitude, longitude, height)
    }
}

/// When the sentences of a second came (TOFF).
public struct GPSDTimeOffset: Equatable, Sendable {
    /// The device.
    public let device: String?
    /// The second that the receiver told (`real_sec`, `real_nsec`).
    public let reference: Instant
    /// What the system's clock showed when its first bytes came (`clock_sec`, `clock_nsec`).
    public let clock: Instant

    /// Both times.
    public init(device: String?, reference: Instant, clock: Instant) {
        (self.device, self.reference, self.clock) = (device, reference, clock)
    }
}

/// When the pulse of a second came (PPS).
public struct GPSDPulse: Equatable, Sendable {
    /// The device.
    public let device: String?
    /// The second that the edge marks, by gpsd's reckoning (`real_sec`, `real_nsec`).
    public let reference: Instant
    /// What the system's clock showed at the edge (`clock_sec`, `clock_nsec`).
    public let clock: Instant
    /// gpsd's estimate of how well it saw the edge, as the exponent of two of seconds, −32 ... 0.
    public let precision: Int?
    /// `qErr`: how far the receiver says that its edge is off, in picoseconds; gpsd has not applied it.
    public let quantisationError: Int?

    /// Both times.
    public init(device: String?, reference: Instant, clock: Instant, precision: Int?, quantisationError: Int?) {
        (self.device, self.reference, self.clock) = (device, reference, clock)
        (self.precision, self.quantisationError) = (precision, quantisationError)
    }
}
