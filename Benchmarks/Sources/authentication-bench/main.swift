import Authentication
import ConfigurationLanguage
import LinuxSystem
import NTPServer
import NTPWire
import TimeScale

// What authentication and interleaved mode cost per reply, without sockets.
//
// Method: one request is answered and its reply stamped over and over in one thread, copied into the buffer anew each time
// (52 to 72 bytes); the best of five rounds counts. A signed reply is two digests: of the request, and of the reply. An
// interleaved request names the reply before: each is looked up, forgotten and remembered again.
// `--once TYPE|interleaved COUNT` does one kind only, so many times, for callgrind: the difference between two counts, divided.

/// Replies of a round: a tenth of a second at least.
let replies = 200_000
let rounds = 5

/// What is measured: name, line of the keys file, bytes of the digest.
let kinds: [(name: String, key: String, digest: Int)] = [
    ("none", "", 0),
    ("MD5", "1 MD5 0123456789abcdef", 16),
    ("SHA1", "1 SHA1 HEX:000102030405060708090a0b0c0d0e0f10111213", 20),
    ("SHA256", "1 SHA256 HEX:000102030405060708090a0b0c0d0e0f10111213", 20),
    ("SHA512", "1 SHA512 HEX:000102030405060708090a0b0c0d0e0f10111213", 20),
    ("AES128CMAC", "1 AES128 HEX:000102030405060708090a0b0c0d0e0f", 16),
    ("AES256CMAC", "1 AES256 HEX:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", 16),
]

/// A version 4 request, signed where there is a key.
func request(digest: Int, keys: borrowing SymmetricKeys) -> [UInt8] {
    let tail = digest > 0 ? [0, 0, 0, 1] + [UInt8](repeating: 0, count: digest) : []
    var packet = [UInt8](repeating: 0, count: NTPHeader.length) + tail
    var span = packet.mutableSpan
    NTPHeader(requestOfVersion: 4, transmitTimestamp: NTPTimestamp(bits: 0x1234_5678_9abc_def0)).write(into: &span)
    if digest > 0 { keys.sign(&span, authenticator: NTPHeader.length..<NTPHeader.length + 4 + digest) }
    return packet
}

/// Answers a request so many times, each naming the reply before where they are interleaved.
func answer(_ request: [UInt8], count: Int, keys: borrowing SymmetricKeys, isInterleaved: Bool = false) {
    let now = KernelClock.realTime()
    let state = ServerState.unsynchronised(precision: -24, asOf: now)
    // As long as the longest packet that a server takes.
    var bytes = [UInt8](repeating: 0, count: 1024)
    var exchanges = InterleavedExchanges(key: (1, 2))
    var answered = 0
    for _ in 0..<count {
        var buffer = bytes.mutableSpan
        let origin = NTPHeader.loadReceiveTimestamp(buffer.span).bits
        for index in request.indices { buffer[index] = request[index] }
        if isInterleaved {
            for index in 0..<8 { buffer[24 + index] = UInt8(truncatingIfNeeded: origin >> UInt64(56 - 8 * index)) }
        }
        let verdict = NTPServer.respond(
            to: &buffer, length: request.count, received: now, state: state, access: .serve, keys: keys,
            exchanges: &exchanges, client: (0, 0xffff_7f00_0001))
        guard case .reply(let length, let kind) = verdict, length == request.count else { continue }
        NTPServer.stamp(
            &buffer, length: length, kind: kind, transmitted: now, state: state, keys: keys, exchanges: &exchanges,
            client: (0, 0xffff_7f00_0001))
        if answered < 8 { exchanges.growIfCrowded() }
        answered += 1
    }
    precondition(answered == count, "a request was refused")
}

/// Nanoseconds per reply, best of the rounds.
func measure(_ kind: (name: String, key: String, digest: Int), isInterleaved: Bool = false) -> Double {
    let text = Array(kind.key.utf8)
    let keys = SymmetricKeys(KeysFile.parse(text.span, file: "keys").0, text: text.span)
    let packet = request(digest: kind.digest, keys: keys)
    var best = Double.infinity
    for _ in 0..<rounds {
        let begun = KernelClock.monotonic()
        answer(packet, count: replies, keys: keys, isInterleaved: isInterleaved)
        best = min(best, (KernelClock.monotonic() - begun).seconds / Double(replies) * 1e9)
    }
    return best
}

let arguments = CommandLine.arguments
if arguments.count == 4, arguments[1] == "--once", let count = Int(arguments[3]) {
    let isInterleaved = arguments[2] == "interleaved"
    guard let kind = kinds.first(where: { $0.name == arguments[2] || isInterleaved }) else {
        preconditionFailure("no such kind")
    }
    let text = Array(kind.key.utf8)
    let keys = SymmetricKeys(KeysFile.parse(text.span, file: "keys").0, text: text.span)
    answer(request(digest: kind.digest, keys: keys), count: count, keys: keys, isInterleaved: isInterleaved)
} else {
    let plain = measure(kinds[0])
    Console.write("respond and stamp, one thread, best of \(rounds) rounds of \(replies)\n")
    Console.write("authenticator  ns per reply  of which authentication\n")
    for kind in kinds {
        let cost = kind.digest > 0 ? measure(kind) : plain
        let column = kind.name + String(repeating: " ", count: 15 - kind.name.count)
        Console.write("\(column)\(Int(cost))          \(Int(cost - plain))\n")
    }
    let interleaved = measure(kinds[0], isInterleaved: true)
    Console.write("interleaved mode, without authentication: \(Int(interleaved)), \(Int(interleaved - plain)) of it\n")
}
