import ConfigurationLanguage
import GPSDWire
import LinuxSystem
import TimeScale

/// A client of gpsd that never waits.
///
/// The owner waits for `descriptorNumber` in its `PollSet`, and until it can be written to where `wantsWriting` says so,
/// and calls `attend` when the descriptor is ready or `due` has come. Whatever is wrong is thrown; the connection is
/// of no use then, and the owner makes another when it thinks fit. That also starts a gpsd that its socket starts.
public struct GPSDConnection: ~Copyable {
    /// So often gpsd is asked what it has. That shows that it is there, for without a receiver it is silent; and it does not
    /// tell by itself that one has gone (3.22).
    public static let questionPause = Interval.seconds(10)
    /// So long after the last line the connection is given up, and so long may connecting and the greeting take: enough
    /// for a packet that is lost again and again, which Linux repeats after 1, 3, 7 and 15 s.
    public static let silenceLimit = Interval.seconds(30)
    /// The protocols that are spoken: 3 of gpsd 2.90 ... 3.26, and 16, as 3.27 calls the same.
    public static let protocols: Set<Int> = [3, 16]

    /// Bytes read at once, and how often: enough for a second of a talkative receiver, and an end to a flood.
    private static let readSize = 4096
    private static let mostReads = 4
    /// So many lines in a row that are not understood come from no gpsd.
    private static let mostRubbish = 64

    /// How far it has come.
    private enum Progress {
        case connecting
        /// Connected; the greeting is awaited.
        case greeting
        case watching
    }

    private let server: GPSDServer
    private var decoder: GPSDDecoder
    private var socket: StreamSocket
    /// Addresses still to be tried where this one does not answer.
    private var others: [String]
    private var progress = Progress.connecting
    private var lines = GPSDLines()
    private var buffer = [UInt8](repeating: 0, count: readSize)
    /// What is still to be sent.
    private var unsent: [UInt8] = []
    /// When the last line came that is understood; before the greeting, when connecting began.
    private var lastHeard: MonotonicInstant
    private var nextQuestion: MonotonicInstant
    /// Lines in a row that are not understood.
    private var rubbish = 0

    /// Loads libgps and begins to connect.
    ///
    /// - Parameters:
    ///   - server: where gpsd listens.
    ///   - now: the time.
    ///   - library: the path of libgps; `nil` for the one that is installed.
    /// - Throws: `SystemError`: libgps cannot be used, or nothing listens there.
    public init(
        to server: GPSDServer, now: MonotonicInstant, library: String? = nil
    ) throws(SystemError) {
        let decoder = try GPSDDecoder(library: library)
        var addresses = Self.addresses(of: server)
        let socket = try Self.connect(server, &addresses)
        (self.server, lastHeard, nextQuestion, others) = (server, now, now, addresses)
        self.decoder = decoder
        self.socket = socket
    }

    // MARK: - Waiting

    /// The kernel's number of the descriptor to wait for; another after `attend`, where an address did not answer.
    public var descriptorNumber: Int32 { socket.descriptor.rawValue }

    /// Whether to wait also until the descriptor can be written to.
    public var wantsWriting: Bool { progress == .connecting || !unsent.isEmpty }

    /// When `attend` wants to be called even if nothing comes.
    public var due: MonotonicInstant {
        progress == .watching ? min(nextQuestion, lastHeard + Self.silenceLimit) : lastHeard + Self.silenceLimit
    }

    /// Whether gpsd has greeted.
    public var isWatching: Bool { progress == .watching }

    // MARK: - Working

    /// Does what can be done without waiting: connects, sends, reads, asks.
    ///
    /// - Parameters:
    ///   - now: the time.
    ///   - body: called for each report, in order.
    /// - Throws: `SystemError`: refused, closed by gpsd, silent (`timedOut`), no gpsd or one of another protocol
    ///   (`wrongProtocol`). Reports before it have been given to `body`.
    public mutating func attend(now: MonotonicInstant, _ body: (GPSDReport) -> Void) throws(SystemError) {
        do throws(SystemError) {
            try work(now, body)
        } catch {
            // Who does not answer, or does not greet, is no gpsd; at another address of this computer there may be one.
            guard progress != .watching, !others.isEmpty else { throw error }
            socket = try Self.connect(server, &others)
            (progress, lastHeard, lines, rubbish) = (.connecting, now, GPSDLines(), 0)
        }
    }

    private mutating func work(_ now: MonotonicInstant, _ body: (GPSDReport) -> Void) throws(SystemError) {
        if progress == .connecting, try socket.isConnected() { progress = .greeting }
        if progress != .connecting {
            try send()
            try receive(now, body)
            try send()
        }
        guard now - lastHeard < Self.silenceLimit else {
            throw SystemError("read", code: SystemError.timedOut, subject: server.description, remark: "gpsd is silent")
        }
        // A gpsd that takes nothing need not be asked again.
        if progress == .watching, now >= nextQuestion {
            nextQuestion = now + Self.questionPause
            if unsent.isEmpty { unsent += Array("?DEVICES;\n".utf8) }
            try send()
        }
    }

    private mutating func send() throws(SystemError) {
        guard !unsent.isEmpty else { return }
        let count = try socket.send(unsent.span)
        unsent.removeFirst(count)
    }

    private mutating func receive(_ now: MonotonicInstant, _ body: (GPSDReport) -> Void) throws(SystemError) {
        for _ in 0..<Self.mostReads {
            guard let count = try Self.read(socket, into: &buffer) else { return }
            let chunk = buffer
            var offset = 0
            while lines.take(chunk.span.extracting(first: count), from: &offset) {
                let report = decodeLine()
                try note(report, now)
                guard let report else { continue }
                if progress == .watching {
                    // A second greeting is none.
                    if case .version = report { continue }
                    body(report)
                } else if try greet(report, now) {
                    body(report)
                }
            }
        }
    }

    private static func read(
        _ socket: borrowing StreamSocket, into buffer: inout [UInt8]
    ) throws(SystemError) -> Int? {
        var bytes = buffer.mutableSpan
        return try socket.read(into: &bytes)
    }

    private mutating func decodeLine() -> GPSDReport? {
        let text = lines.text
        return decoder.decode(text.span.extracting(first: lines.count))
    }

    /// Notes whether a line is understood; one of a kind that does not count here is.
    private mutating func note(_ report: GPSDReport?, _ now: MonotonicInstant) throws(SystemError) {
        if case .malformed = report {
            rubbish += 1
            guard rubbish < Self.mostRubbish else {
                throw SystemError(
                    "read", code: SystemError.wrongProtocol, subject: server.description,
                    remark: "what it says is not understood")
            }
        } else {
            rubbish = 0
            if progress == .watching { lastHeard = now }
        }
    }

    /// Asks for reports once gpsd has greeted; false before that.
    private mutating func greet(_ report: GPSDReport, _ now: MonotonicInstant) throws(SystemError) -> Bool {
        switch report {
        case .version(let version):
            guard Self.protocols.contains(version.protocolMajor) else {
                let number = "\(version.protocolMajor).\(version.protocolMinor)"
                throw SystemError(
                    "greet", code: SystemError.wrongProtocol,
                    subject: "\(server) (gpsd \(version.release), protocol \(number))",
                    remark: "this gpsd speaks another protocol than 3 or 16: use its SHM or SOCK")
            }
            (progress, lastHeard, nextQuestion) = (.watching, now, now + Self.questionPause)
            unsent += Array(Self.watch.utf8)
            return true
        case .malformed:
            throw SystemError(
                "greet", code: SystemError.wrongProtocol, subject: server.description,
                remark: "what answers is no gpsd")
        default: return false
        }
    }

    /// Asks for reports and pulses of all devices: a receiver's pulses may come by another device than its messages.
    private static let watch = #"?WATCH={"enable":true,"json":true,"pps":true};"# + "\n"

    // MARK: - Addresses

    /// The addresses of a server, in the order to try them; none for a socket.
    private static func addresses(of server: GPSDServer) -> [String] {
        switch server {
        case .thisComputer: ["::1", "127.0.0.1"]
        case .address(let address, _): [address.description]
        case .socket: []
        }
    }

    /// Begins to connect to the first address for which that is possible, and takes it and those before it away.
    private static func connect(_ server: GPSDServer, _ addresses: inout [String]) throws(SystemError) -> StreamSocket {
        let port: UInt16
        switch server {
        case .thisComputer(let number), .address(_, let number): port = number
        case .socket(let path): return try StreamSocket(connectingTo: path)
        }
        while true {
            let address = addresses.removeFirst()
            do throws(SystemError) {
                return try StreamSocket(connectingTo: address, port: port)
            } catch {
                if addresses.isEmpty { throw error }
            }
        }
    }
}
