import FoundationEssentials
import LinuxSystem
import Reports
import TimeScale

/// A timeballd of its own, an imagined receiver that feeds it, and a client that asks it for the time.
struct DemoAppliance: ~Copyable {
    private let directory: TemporaryDirectory
    private let kind: DemoReceiver.Kind
    private let port: UInt16
    private var receiver: DemoReceiver
    private var daemon: ChildProcess
    private var observer: ObserveClient?
    private var lastState = ""
    private var lastSawtooth = ""

    /// Time from the start of a second at which the served time is asked for: sentences are over by then.
    private static let questionTime = Interval.milliseconds(850)

    /// Starts the daemon; the receiver is silent until `run`.
    ///
    /// - Parameters:
    ///   - kind: of receiver.
    ///   - port: UDP port to serve on.
    ///   - seed: of everything imagined.
    ///   - showsLog: whether the daemon logs to this terminal.
    /// - Throws: `SystemError` and `DemoError`.
    init(_ kind: DemoReceiver.Kind, port: UInt16, seed: UInt64, showsLog: Bool) throws {
        let directory = try TemporaryDirectory(prefix: "timeball-demo")
        let receiver = try DemoReceiver(kind, socketPath: "\(directory.path)/pulses.sock", seed: seed)
        let file = "\(directory.path)/timeball.conf"
        let text = Self.configuration(kind, directory.path, terminal: receiver.path, port, seed, showsLog)
        try Files.writeAtomically(file, Array(text.utf8))
        let program = try Files.programFolder() + "/timeballd"
        let daemon = try ChildProcess(program: program, arguments: ["-n", "-c", file], environment: [])
        self.kind = kind
        self.port = port
        self.directory = directory
        self.receiver = receiver
        self.daemon = daemon
    }

    /// What a person is told first.
    var introduction: String {
        """
        timeball demo: imagined receiver on \(receiver.path) and \(directory.path)/pulses.sock,
        imagined oscillator 12.5 ppm fast, virtual clock 0.3 s ahead; NTP on 127.0.0.1 and [::1] port \(port).
        Nothing adjusts this machine's clock, which is the truth here. No physical receiver is involved. Ctrl-C ends.
        Ask it yourself: timeball query 127.0.0.1 --port \(port); timeball status --socket \(directory.path)/observe
        "served − truth" is what a client sees over loopback, whose two directions do not take the same time: microseconds
        that are the path's and not the clock's, and that the root dispersion of the server cannot contain.
        \(kind == .ubx ? Self.explanation : "")
          time     state            stratum  served − truth (IPv4)  (IPv6)        root disp.\(kind == .ubx ? Self.headings : "")

        """
    }

    /// What the last columns of a receiver that tells its pulses' errors are.
    private static let explanation = """
        qErr is what the receiver told of its last pulse; raw and less qErr are the scatter of its last 16 pulses (standard
        deviation) before and after that is taken off.

        """

    private static let headings = "  qErr       raw      less qErr"

    private static func configuration(
        _ kind: DemoReceiver.Kind, _ folder: String, terminal: String, _ port: UInt16, _ seed: UInt64, _ showsLog: Bool
    ) -> String {
        """
        clock virtual offset 0.3 frequency 12.5 wander 1e-9 seed \(seed)
        refclock \(kind == .nmea ? "nmea mode 17" : "ublox") unit 0 path \(terminal) baud 9600 minpoll 0 maxpoll 0 prefer
        refclock sock unit 0 path \(folder)/pulses.sock refid PPS minpoll 0 maxpoll 0
        local stratum 10
        listen 127.0.0.1
        listen ::1
        port \(port)
        observe \(folder)/observe
        driftfile \(folder)/drift
        \(showsLog ? "" : "logfile \(folder)/log")

        """
    }

    /// Plays the world, second by second, and prints a line for each.
    mutating func run(loseSignalAfter: Int?, returnSignalAfter: Int?, duration: Int?) throws {
        let start = KernelClock.realTime().startOfSecond + .second
        var elapsed = 0
        while duration.map({ elapsed < $0 }) ?? true {
            let second = start + .seconds(Int64(elapsed))
            let isLost = loseSignalAfter.map { elapsed >= $0 } ?? false
            receiver.hasSignal = !isLost || (returnSignalAfter.map { elapsed >= $0 } ?? false)
            try receiver.play(second: second, until: second + Self.questionTime)
            if Signals.take().terminate { return }
            guard try daemon.poll() == nil else { throw DemoError.daemonEnded }
            Console.write(line(second: second))
            elapsed += 1
        }
    }

    /// Ends the daemon.
    mutating func stop() {
        _ = try? daemon.terminate(timeout: .seconds(2))
        Console.write("\ndemo ended\n")
    }

    // MARK: - Lines

    private mutating func line(second: Instant) -> String {
        let snapshot = snapshot()
        let tracking = snapshot?.tracking ?? TrackingReport()
        let time = CivilTime(second).description.dropFirst(11).prefix(8)
        var line = Format.column("\(time)", 10) + Format.column(tracking.state, 17)
        line += Format.column("\(tracking.stratum) \(tracking.referenceID)", 9)
        line += Format.column(offset(of: "127.0.0.1"), 23) + Format.column(offset(of: "::1"), 14)
        line += Format.column(tracking.stratum < 16 ? Format.duration(tracking.rootDispersion) : "–", 12)
        if kind == .ubx { line += figuresOfPulses }
        if tracking.state != lastState, !tracking.reason.isEmpty { line += "  ← \(tracking.reason)" }
        lastState = tracking.state
        let sawtooth = snapshot?.receivers.first?.sawtooth ?? ""
        if sawtooth != lastSawtooth { line += "  ← the receiver's figures about its pulses (qErr): \(sawtooth)" }
        lastSawtooth = sawtooth
        return line + "\n"
    }

    /// The figures about pulses, in their columns.
    private var figuresOfPulses: String {
        let told = receiver.hasSignal ? receiver.lastCorrection : nil
        return Format.column(told.map { Self.nanoseconds($0) } ?? "–", 11)
            + Format.column(receiver.scatter.map { Self.nanoseconds($0.raw) } ?? "–", 9)
            + Format.column(receiver.scatter.map { Self.nanoseconds($0.corrected) } ?? "–", 9)
    }

    /// To a tenth: what is told is a matter of nanoseconds.
    private static func nanoseconds(_ seconds: Double) -> String {
        "\(FixedDecimal.text(seconds * 1e9, digits: 1)) ns"
    }

    /// Served time less truth, as an NTP client on this machine sees it.
    private func offset(of host: String) -> String {
        guard let socket = try? QuerySocket(host: host, port: port),
            let query = try? TimeQuery(socket, timeout: .milliseconds(50))
        else { return "no reply" }
        return Format.time(query.offset) + (query.isSynchronised ? "" : " (not synchronised)")
    }

    /// The newest snapshot that has come.
    private mutating func snapshot() -> Snapshot? {
        observer = nil
        do {
            observer = try ObserveClient(path: "\(directory.path)/observe")
            guard let frame = try observer?.frame(timeout: .milliseconds(100)) else { return nil }
            return try JSONDecoder().decode(Snapshot.self, from: Data(frame))
        } catch {
            return nil
        }
    }
}
