import ConfigurationLanguage
import GPSDClient
import GPSDWire
import LinuxSystem
import ReceiverSetup
import TimeScale

/// What the gpsd of this machine says about its receivers, asked as the daemon would ask it.
struct SetupGPSD {
    /// What it has.
    private(set) var receivers: [MeasuredGPSDReceiver] = []
    /// Why nothing more is known; `nil` where gpsd has answered.
    private var failure: String? = "it does not answer as gpsd does"
    /// How long it was asked, seconds.
    private(set) var duration = 0

    /// Asks until a receiver has named a second, gpsd says that it has none, or the time is up.
    ///
    /// - Parameter patience: the longest that it may take.
    /// - Throws: `Interrupted`.
    init(patience: Interval) throws {
        let start = KernelClock.monotonic()
        var poll = PollSet()
        do {
            var connection = try GPSDConnection(to: .standard, now: start)
            var isDone = false
            while !isDone, KernelClock.monotonic() - start < patience {
                poll.removeAll()
                _ = poll.add(number: connection.descriptorNumber, wantsWriting: connection.wantsWriting)
                _ = try poll.wait(timeout: Interrupted.lookInterval)
                try Interrupted.check()
                var news: [GPSDReport] = []
                try connection.attend(now: KernelClock.monotonic()) { news.append($0) }
                if connection.isWatching { failure = nil }
                for report in news { isDone = note(report) || isDone }
            }
        } catch let error as SystemError {
            failure = "asking it has failed (\(error))"
        }
        duration = max(1, Int((KernelClock.monotonic() - start).seconds.rounded()))
    }

    /// Takes a report.
    ///
    /// - Returns: whether nothing more has to be known.
    private mutating func note(_ report: GPSDReport) -> Bool {
        switch report {
        case .devices(let devices):
            for device in devices { note(device) }
            return devices.isEmpty
        case .device(let device): note(device)
        case .fix(let fix): return Self.namesSecond(fix) && noteTime(of: fix.device)
        case .version, .satellites, .timeOffset, .pulse, .error, .malformed: break
        }
        return false
    }

    /// Whether the daemon believes it: with a fix that is neither reckoned nor simulated, or, in a timing mode, with leap
    /// seconds from a satellite.
    private static func namesSecond(_ fix: GPSDFix) -> Bool {
        let hasFix = fix.mode == .unknown ? fix.leapSeconds != nil : fix.mode != .none
        return fix.time != nil && hasFix && fix.status != 5 && fix.status != 8
    }

    private mutating func note(_ device: GPSDDevice) {
        guard device.isActive, !GPSDDevice.isPulseDevice(device.path) else { return }
        if let index = receivers.firstIndex(where: { $0.path == device.path }) {
            receivers[index].driver = device.driver ?? receivers[index].driver
        } else {
            receivers.append(MeasuredGPSDReceiver(path: device.path, driver: device.driver))
        }
    }

    private mutating func noteTime(of path: String?) -> Bool {
        for index in receivers.indices where path == nil || receivers[index].path == path {
            receivers[index].hasTime = true
        }
        return receivers.contains(where: \.hasTime)
    }

    /// What a person is told.
    var remark: String {
        if let failure { return "\(SetupAdvice.gpsdListens), but \(failure).\n" }
        guard !receivers.isEmpty else {
            return """
                gpsd answers at port 2947, and has no receiver. Name it in DEVICES of /etc/default/gpsd and restart gpsd, or free the
                receivers for timeballd: `systemctl disable --now gpsd gpsd.socket`.

                """
        }
        return receivers.map { receiver in
            let name = "gpsd has \(receiver.path)"
            guard let driver = receiver.driver else {
                return "\(name), of which it has understood nothing in \(duration) s.\n"
            }
            let state = receiver.hasTime ? "and its time" : "which named no second in \(duration) s: see to its antenna"
            return "\(name) (\(driver)), \(state).\n"
        }.joined()
    }
}
