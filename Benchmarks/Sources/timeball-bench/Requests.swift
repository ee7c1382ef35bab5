import Authentication
import CLoad
import ConfigurationLanguage
import Glibc
import LinuxSystem
import NTPServer
import NTPWire
import TimeScale

/// How requests and replies are signed.
enum Signature: String, CaseIterable {
    case none
    case md5 = "MD5"
    case aes128 = "AES128CMAC"

    /// The same two keys in the words of timeballd and chronyd, and in those of ntpd.
    static let keysFile = "1 MD5 0123456789abcdef\n2 AES128 HEX:000102030405060708090a0b0c0d0e0f\n"
    static let ntpdKeysFile = "1 MD5 0123456789abcdef\n2 AES-128 000102030405060708090a0b0c0d0e0f\n"

    /// Identifier of the key; 0 without.
    var key: UInt8 {
        switch self {
        case .none: 0
        case .md5: 1
        case .aes128: 2
        }
    }

    /// Bytes of key identifier and digest.
    var length: Int { self == .none ? 0 : 20 }

    /// The keys in use.
    static func keys() -> SymmetricKeys {
        let text = Array(keysFile.utf8)
        return SymmetricKeys(KeysFile.parse(text.span, file: "keys").0, text: text.span)
    }
}

/// Requests that are made and signed before anything is measured, each with a transmit timestamp of its own.
struct Requests {
    let signature: Signature
    /// All of them in a row.
    let bytes: [UInt8]
    /// Bytes of one.
    let length: Int

    static let count = 1024

    init(_ signature: Signature) {
        self.signature = signature
        length = NTPHeader.length + signature.length
        let keys = Signature.keys()
        let begun = NTPTimestamp(KernelClock.realTime()).bits & ~0xffff
        var bytes: [UInt8] = []
        for number in 0..<Self.count {
            var packet = [UInt8](repeating: 0, count: length)
            if signature != .none { packet[NTPHeader.length + 3] = signature.key }
            var span = packet.mutableSpan
            NTPHeader(requestOfVersion: 4, transmitTimestamp: NTPTimestamp(bits: begun | UInt64(number)))
                .write(into: &span)
            if signature != .none { keys.sign(&span, authenticator: NTPHeader.length..<length) }
            bytes += packet
        }
        self.bytes = bytes
    }

    /// Sends requests to a port as fast as they are answered, and checks the replies.
    ///
    /// - Parameters:
    ///   - port: of the server at 127.0.0.1.
    ///   - isEcho: whether the requests themselves must come back.
    ///   - addresses: how many clients ask.
    ///   - count: requests at most.
    ///   - seconds: time at most.
    ///   - spins: whether the generator has a core of its own.
    /// - Returns: what came back.
    /// - Throws: `SystemError` where sockets are refused.
    func send(
        to port: UInt16, isEcho: Bool, addresses: Int, count: Int = .max, seconds: Double, spins: Bool
    ) throws(SystemError) -> load_result {
        var result = load_result()
        // SAFETY: the plan and its pool live through the call, which writes one result.
        let code = unsafe bytes.withUnsafeBufferPointer { pool in
            var plan = unsafe load_plan(
                port: port, is_echo: isEcho ? 1 : 0, spins: spins ? 1 : 0, addresses: UInt32(addresses),
                requests: UInt64(count), nanoseconds: Int64(seconds * 1e9), pool: pool.baseAddress,
                pool_count: UInt32(Self.count), length: UInt32(length))
            return unsafe load_run(&plan, &result)
        }
        guard code == 0 else { throw SystemError("generate load", code: -code) }
        return result
    }
}

/// A client that asks one server, a request at a time.
final class Client {
    fileprivate let descriptor: FileDescriptor
    private let requests: Requests
    /// Of the last request: a reply to an earlier one does not count.
    private var number = 0
    private var reply = [UInt8](repeating: 0, count: 1024)

    init(port: UInt16, _ requests: Requests) throws(SystemError) {
        let number = load_open(port)
        guard number >= 0 else { throw SystemError("connect", code: -number) }
        descriptor = FileDescriptor(owning: number)
        self.requests = requests
    }

    /// Asks once.
    ///
    /// - Returns: `nil` where no reply came in time or nothing listens.
    func ask(timeout: Interval) -> load_answer? {
        var answer = load_answer()
        number = (number + 1) % Requests.count
        let request = Array(requests.bytes[number * requests.length..<(number + 1) * requests.length])
        // SAFETY: the function reads one request, and writes at most 1024 bytes and one answer.
        let code = unsafe load_ask(
            descriptor.rawValue, request, UInt32(requests.length), timeout.nanoseconds, &reply, &answer)
        return code == 0 ? answer : nil
    }

    /// Whether the last reply of an answer carries a right signature, where its request did.
    func isProven(_ answer: load_answer) -> Bool {
        guard requests.signature != .none else { return answer.length == NTPHeader.length }
        let reply = self.reply
        return answer.length == requests.length
            && Signature.keys().verify(reply.span, authenticator: NTPHeader.length..<requests.length)
    }
}

/// Sees the requests of a client, stamped by the kernel as their server sees them.
struct Tap: ~Copyable {
    private let descriptor: FileDescriptor

    /// Needs CAP_NET_RAW.
    init(_ client: Client) throws(SystemError) {
        let number = load_tap_open(client.descriptor.rawValue)
        guard number >= 0 else { throw SystemError("open a packet socket", code: -number) }
        descriptor = FileDescriptor(owning: number)
    }

    /// When the last request arrived, CLOCK_REALTIME; `nil` where there was none since the last call.
    var lastRequest: Instant? {
        let stamp = load_tap_stamp(descriptor.rawValue)
        return stamp < 0 ? nil : Instant(nanoseconds: stamp)
    }
}
