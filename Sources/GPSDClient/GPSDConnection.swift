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
    /// So long after the last byte gpsd is asked whether it is there. A receiver makes it send once a second; without one
    /// it is silent, and stays so for as long as there is none.
    public static let quietTime = Interval.seconds(10)
    /// So long after the last byte the connection is given up, and so long may connecting and the greeting take: enough
    /// for a packet that is lost again and again, which Linux repeats after 1, 3, 7 and 15 s.
    public static let silenceLimit = Interval.seconds(30)
    /// The protocols that are spoken: 3 of gpsd 2.90 ... 3.26, and 16, as 3.27 calls the same.
    public static let protocols: Set<Int> = [3, 16]

    /// Bytes read at once, and how often: enough for a second of the most talkative receiver, and an end to a flood.
    private static let readSize = 4096
    private static let mostReads = 16

    /// How far it has come.
    private enum Progress {
        case connecting
        /// Connected; the greeting is awaited.
        case greeting
        case watching
    }

    private let server: GPSDServer
    private let device: String?
    private var decoder: GPSDDecoder
    private var socket: StreamSocket
    /// Addresses still to be tried where this one does not answer.
    private var others: [String]
    private var progress = Progress.connecting
    private var lines = GPSDLines()
    private var buffer = [UInt8](repeating: 0, count: readSize)
    /// What is still to be sent.
    private var unsent: [UInt8] = []
    /// When the last byte came, or when connecting began.
    private var lastHeard: MonotonicInstant
    private var hasAsked = false

    /// Loads libgps and begins to connect.
    ///
    /// - Parameters:
    ///   - server: where gpsd listens.
    ///   - device: the receiver's path as gpsd has it; `nil` for all of gpsd's.
    ///   - now: the time.
    ///   - library: the path of libgps; `nil` for the one that is installed.
    /// - Throws: `SystemError`: libgps cannot be used, or nothing listens there.
    public init(
        to server: GPSDServer, device: String? = nil, now: MonotonicInstant, library: String? = nil
    ) throws(SystemError) {
        let decoder = try GPSDDecoder(library: library)
        var addresses = Self.addresses(of: server)
        let socket = try Self.connect(server, &addresses)
        (self.server, self.device, lastHeard, others) = (server, device, now, addresses)
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
        lastHeard + (progress == .watching && !hasAsked ? Self.quietTime : Self.silenceLimit)
    }

    /// Whether gpsd has greeted.
    public var isWatching: Bool { progress == .watching }

    // MARK: - Working

    /// Does what can be done without waiting: connects, sends, reads, asks a gpsd that is silent.
    ///
    /// - Parameters:
    ///   - now: the time.
    ///   - body: called for each report, in order.
    /// - Throws: `SystemError`: refused, closed by gpsd, silent (`timedOut`), no gpsd or one of another protocol
    ///   (`wrongProtocol`). Reports before it have been given to `body`.
    public mutating func attend(now: MonotonicInstant, _ body: (GPSDReport) -> Void) throws(SystemError) {
        if progress == .connecting { try finishConnecting(now) }
        if progress != .connecting {
            try send()
            try receive(now, body)
            try send()
        }
        guard now - lastHeard < Self.silenceLimit else {
            throw SystemError("read", code: SystemError.timedOut, subject: server.description, remark: "gpsd is silent")
        }
        if progress == .watching, !hasAsked, now - lastHeard >= Self.quietTime {
            hasAsked = true
            unsent += Array("?VERSION;\n".utf8)
            try send()
        }
    }

    private mutating func finishConnecting(_ now: MonotonicInstant) throws(SystemError) {
        do throws(SystemError) {
            guard try socket.isConnected() else { return }
            (progress, lastHeard) = (.greeting, now)
        } catch {
            guard !others.isEmpty else { throw error }
            socket = try Self.connect(server, &others)
            lastHeard = now
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
            (lastHeard, hasAsked) = (now, false)
            let chunk = buffer
            var offset = 0
            while lines.take(chunk.span.extracting(first: count), from: &offset) {
                guard let report = decodeLine() else { continue }
                if progress == .watching {
                    // The answer to our question says only that gpsd is there.
                    if case .version = report { continue }
                    body(report)
                } else if try greet(report) {
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

    /// Asks for reports once gpsd has greeted; false before that.
    private mutating func greet(_ report: GPSDReport) throws(SystemError) -> Bool {
        switch report {
        case .version(let version):
            guard Self.protocols.contains(version.protocolMajor) else {
                let number = "\(version.protocolMajor).\(version.protocolMinor)"
                throw SystemError(
                    "greet", code: SystemError.wrongProtocol,
                    subject: "\(server) (gpsd \(version.release), protocol \(number))",
                    remark: "this gpsd speaks another protocol than 3 or 16: use its SHM or SOCK")
            }
            progress = .watching
            unsent += Array(watch.utf8)
            return true
        case .malformed:
            throw SystemError(
                "greet", code: SystemError.wrongProtocol, subject: server.description,
                remark: "what answers is no gpsd")
        default: return false
        }
    }

    /// Asks for reports and pulses, of one device or of all.
    private var watch: String {
        var members = #""enable":true,"json":true,"pps":true"#
        if let device {
            // Whoever has a quotation mark or a backslash in a device's name means what JSON means.
            let escaped = device.utf8.flatMap { [UInt8]("\"\\".utf8).contains($0) ? [UInt8(ascii: "\\"), $0] : [$0] }
            members += #","device":""# + String(decoding: escaped, as: UTF8.self) + #"""#
        }
        return "?WATCH={\(members)};\n"
    }

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
