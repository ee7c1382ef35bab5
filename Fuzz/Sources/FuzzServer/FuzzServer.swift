import Authentication
import ConfigurationLanguage
import FuzzDriver
import NTPServer
import NTPWire
import TimeScale

/// The server on any datagram: it must not trap, and must never send more than it got, or anything but a sound reply.
///
/// The first byte chooses the access decision and the state, the second how much longer than the buffer the datagram was
/// (low four bits), and which key signs the datagram before it is answered, if any (high four bits). The rest is the
/// datagram. It also goes through a client table eight times, from an address and under flags made of the same bytes, and
/// what the table decides is done.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    // SAFETY: the arguments go on as libFuzzer gave them.
    unsafe withInput(data, size) { input in
        guard input.count >= 2 else { return }
        let request = signed((2..<input.count).map { input[$0] }, by: input[1] >> 4)
        let decisions: [AccessDecision] = [
            .serve, .kiss(.denied), .kiss(.rateExceeded), .currentVersionOnly, .authenticatedOnly,
            .currentVersionAuthenticatedOnly, .refuse, .ignore, .limit, .flake, .kiss(.restricted), .serve, .serve,
            .serve, .authenticatedOnly, .currentVersionOnly,
        ]
        let access = decisions[Int(input[0] & 15)]
        _ = check(request, length: request.count + Int(input[1] & 15), access: access, state: state(input[0]))
        admit(request, flags: AccessFlags(rawValue: UInt32(input[0]) << 4 | UInt32(input[1])), state: state(input[0]))
    }
    return 0
}

/// The program's entry: SwiftPM calls `main` of an executable target `<target>_main`.
@_cdecl("FuzzServer_main")
public func main(
    _ argumentCount: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
    // SAFETY: the arguments go on as the C start-up code gave them.
    unsafe runFuzzer(argumentCount, arguments)
}

/// When requests arrive: 2026-11-21T05:06:07Z.
private let received = Instant(nanoseconds: 1_795_237_567_000_000_000)

/// Small, so that inputs meet each other, and kept from one input to the next.
nonisolated(unsafe) private var table: ClientTable = {
    var rule = ClientTableRule()
    rule.size = .clients(64)
    return ClientTable(rule, limit: RateLimit(.tokenBucket(TokenBucketRule())), key: (1, 2))
}()
nonisolated(unsafe) private var now: Int64 = 0

private func admit(_ request: [UInt8], flags: AccessFlags, state: ServerState) {
    let address = request.suffix(2).reduce(UInt64(0xffff_0a00)) { $0 << 8 | UInt64($1) }
    for _ in 0..<8 {
        // SAFETY: libFuzzer calls from one thread.
        let time = unsafe now + 10_000_000
        unsafe now = time
        let access = unsafe table.admit(
            request.span, from: (0, address), port: 123, flags: flags, now: MonotonicInstant(nanoseconds: time))
        unsafe table.growIfCrowded()
        let (places, clients) = unsafe (table.placeCount, table.count)
        precondition(places == 64 && clients <= 64, "more clients than allowed")
        if flags.contains(.ignore) { precondition(access == .ignore, "an answer to whom is ignored") }
        let verdict = check(request, length: request.count, access: access, state: state)
        if flags.contains(.noServe), case .reply = verdict { preconditionFailure("time to whom it is denied") }
        if flags.contains(.noTrust), verdict == .reply(length: 48) { preconditionFailure("time without a proof") }
        let isRefused = verdict == .refuse(.authentication)
        if isRefused, unsafe table.noteMissingProof(flags: flags, now: MonotonicInstant(nanoseconds: time)) {
            precondition(flags.isSuperset(of: [.noTrust, .kissOfDeath]), "told against the rules")
            _ = check(request, length: request.count, access: .kiss(.restricted), state: state)
        }
    }
}

/// One key of each kind of digest.
private let keysFile = Array(
    "1 MD5 secretmd5key\n2 SHA1 0123456789abcdef0123\n3 AES128 0123456789abcdef\n4 SHA512 0123456789abcdef\n".utf8)

private let keys = SymmetricKeys(KeysFile.parse(keysFile.span, file: "keys").0, text: keysFile.span)

/// A datagram that ends in an authenticator which is right, where one of the keys is named and there is room.
private func signed(_ datagram: [UInt8], by key: UInt8) -> [UInt8] {
    let lengths: [UInt8: Int] = [1: 16, 2: 20, 3: 16, 4: 20, 5: 64]
    guard let length = lengths[key] else { return datagram }
    var datagram = datagram + [0, 0, 0, min(key, 4)] + [UInt8](repeating: 0, count: length)
    let authenticator = datagram.count - length - 4..<datagram.count
    var span = datagram.mutableSpan
    keys.sign(&span, authenticator: authenticator)
    return datagram
}

/// Answers a datagram, and checks what becomes of it.
private func check(
    _ request: [UInt8], length: Int, access: AccessDecision, state: ServerState
) -> NTPServer.Verdict {
    var buffer = request
    var span = buffer.mutableSpan
    let verdict = NTPServer.respond(
        to: &span, length: length, received: received, state: state, access: access, keys: keys)
    switch verdict {
    case .kiss(let length): checkKiss(buffer, length: length, request, access: access)
    case .reply(let length): checkReply(&buffer, length: length, request, access: access, state: state)
    case .refuse: precondition(buffer == request, "a refused datagram was changed")
    }
    return verdict
}

private func checkReply(
    _ buffer: inout [UInt8], length replyLength: Int, _ request: [UInt8], access: AccessDecision, state: ServerState
) {
    switch access {
    case .serve: break
    case .authenticatedOnly: precondition(replyLength > 48, "a reply without proof against the rules")
    case .currentVersionOnly: precondition(request[0] >> 3 & 7 == 4, "a reply to an old version against the rules")
    case .currentVersionAuthenticatedOnly:
        precondition(replyLength > 48 && request[0] >> 3 & 7 == 4, "a reply without proof against the rules")
    default: preconditionFailure("a reply against the rules")
    }
    precondition(replyLength <= request.count, "a reply longer than its request")
    let written = min(replyLength, 52)
    precondition(buffer[written...] == request[written...], "bytes behind header and key identifier were changed")
    var replySpan = buffer.mutableSpan
    NTPServer.stamp(&replySpan, length: replyLength, transmitted: received + .milliseconds(1), state: state, keys: keys)
    switch replyLength {
    case 48: break
    case 52: precondition(buffer[48..<52].allSatisfy { $0 == 0 }, "no crypto-NAK")
    case 68, 72, 84, 100, 116:
        precondition(keys.verify(buffer.span, authenticator: 48..<replyLength), "a reply that its key does not prove")
    default: preconditionFailure("a reply of an odd length")
    }
    guard let reply = try? NTPHeader(buffer.span) else { preconditionFailure("the reply is no header") }
    precondition(reply.version == request[0] >> 3 & 7, "another version")
    precondition(reply.mode == .server || reply.mode == .symmetricPassive, "not a reply")
    precondition(reply.stratum < 16 && reply.poll >= 3, "a field out of range")
    precondition(buffer[24..<32].elementsEqual(request[40..<48]), "another origin timestamp")
    precondition(reply.referenceTimestamp.bits <= reply.receiveTimestamp.bits, "corrected after the request")
    precondition(reply.receiveTimestamp.bits <= reply.transmitTimestamp.bits, "sent before the request")
}

private func checkKiss(_ buffer: [UInt8], length: Int, _ request: [UInt8], access: AccessDecision) {
    guard case .kiss(let code) = access, let kiss = try? NTPHeader(buffer.span) else { preconditionFailure("no kiss") }
    precondition(length == 48 && length <= request.count, "a kiss longer than its request")
    precondition(buffer[48...] == request[48...], "bytes behind the kiss were changed")
    precondition(request[0] & 7 == 3 && kiss.mode == .server, "a kiss to another than a client")
    precondition(kiss.leapIndicator == .unsynchronised && kiss.stratum == 0, "a kiss that looks like time")
    precondition(kiss.referenceID == code.referenceID && kiss.poll >= 3, "a field out of range")
    for start in [24, 32, 40] {
        precondition(buffer[start..<start + 8].elementsEqual(request[40..<48]), "a kiss that tells the time")
    }
}

/// One of sixteen states, chosen by the high bits.
private func state(_ control: UInt8) -> ServerState {
    var state = ServerState.unsynchronised(precision: -24, asOf: received - .second)
    if control & 0x10 != 0 { (state.leapIndicator, state.stratum) = (.none, 1) }
    if control & 0x20 != 0 { (state.pendingCorrection, state.pendingCorrectionRate) = (-0.5, 500e-6) }
    if control & 0x40 != 0 { (state.rootDelay, state.rootDispersion) = (.infinity, .nan) }
    if control & 0x80 != 0 { state.referenceTime = received + .seconds(100) }
    return state
}
