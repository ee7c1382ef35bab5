import Authentication
import ConfigurationLanguage
import FuzzDriver
import NTPServer
import NTPWire
import TimeScale

/// The server on any datagram: it must not trap, and must never send more than it got, or anything but a sound reply.
///
/// The first byte chooses the access decision, whether a group was addressed, and the state, the second how much longer than the buffer the datagram was
/// (low four bits), and which key signs the datagram before it is answered, if any (high four bits). The rest is the
/// datagram. It also goes through a client table eight times, from an address and under flags made of the same bytes, and
/// what the table decides is done. Where it is a client's it is then asked again as an interleaved client does, and from
/// the same bytes a broadcast packet is made.
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
        _ = check(
            request, length: request.count + Int(input[1] & 15), access: access, state: state(input[0]),
            isGroupAddressed: groupDecisions.contains(input[0] & 15))
        checkInterleaved(request, state: state(input[0]))
        checkBroadcast(request, key: UInt32(input[1] >> 4), state: state(input[0]))
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

/// The places in the list of decisions for requests that were sent to a group.
private let groupDecisions: Set<UInt8> = [2, 12, 13, 14]

/// When requests arrive: 2026-11-21T05:06:07Z.
private let received = Instant(nanoseconds: 1_795_237_567_000_000_000)

/// Small, so that inputs meet each other, and kept from one input to the next.
nonisolated(unsafe) private var table: ClientTable = {
    var rule = ClientTableRule()
    rule.size = .clients(64)
    return ClientTable(rule, limit: RateLimit(.tokenBucket(TokenBucketRule())), key: (1, 2))
}()
nonisolated(unsafe) private var now: Int64 = 0
nonisolated(unsafe) private var exchanges = InterleavedExchanges(limit: 64, key: (1, 2))

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
        if flags.contains(.noTrust), case .reply(48, _) = verdict { preconditionFailure("time without a proof") }
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
    _ request: [UInt8], length: Int, access: AccessDecision, state: ServerState, isGroupAddressed: Bool = false
) -> NTPServer.Verdict {
    var buffer = request
    var span = buffer.mutableSpan
    let client = client(of: request)
    // SAFETY: libFuzzer calls from one thread.
    let verdict = unsafe NTPServer.respond(
        to: &span, length: length, received: received, state: state, access: access, keys: keys,
        exchanges: &exchanges, client: client, isGroupAddressed: isGroupAddressed)
    switch verdict {
    case .kiss(let length):
        precondition(!isGroupAddressed, "a kiss to who asked a group")
        checkKiss(buffer, length: length, request, access: access)
    case .reply(let length, let kind):
        if isGroupAddressed { checkHelpful(request, length: length, kind: kind, state: state) }
        checkReply(&buffer, length: length, kind: kind, request, access: access, state: state)
    case .refuse: precondition(buffer == request, "a refused datagram was changed")
    }
    unsafe exchanges.growIfCrowded()
    let (places, count) = unsafe (exchanges.placeCount, exchanges.count)
    precondition(places <= 64 && (0...places).contains(count), "more exchanges than allowed")
    return verdict
}

/// One of four addresses, by the last byte.
private func client(of request: [UInt8]) -> (high: UInt64, low: UInt64) {
    (0, 0xffff_0a00_0000 | UInt64(request.last ?? 0) & 3)
}

private func checkHelpful(_ request: [UInt8], length: Int, kind: NTPServer.ReplyKind, state: ServerState) {
    precondition(length != 52 && kind == .basic, "a crypto-NAK or an exchange with who asked a group")
    precondition(request[0] & 7 == 3 || request[0] >> 3 & 7 == 1, "an answer to a peer that asked a group")
    precondition(state.leapIndicator != .unsynchronised, "no time to who asked a group")
    precondition(request[1] == 0 || request[1] > state.stratum, "no better time to who asked a group")
}

/// Asks four times as an interleaved client: the first gets the server memory, the second is remembered, and from then on
/// each tells when the one before left.
private func checkInterleaved(_ request: [UInt8], state: ServerState) {
    guard request.count >= NTPHeader.length, request[0] >> 3 & 7 == 4, request[0] & 7 == 3,
        request[32..<40] != request[40..<48]
    else { return }
    var own = InterleavedExchanges(limit: 8, key: (3, 4))
    var request = request
    request[31] |= 1
    var sent: [UInt8] = []
    for round in 0..<4 as Range<Int64> {
        var buffer = request
        var span = buffer.mutableSpan
        let arrival = received + .seconds(round)
        let verdict = NTPServer.respond(
            to: &span, length: request.count, received: arrival, state: state, access: .serve, keys: keys,
            exchanges: &own, client: (0, 1))
        guard case .reply(let length, let kind) = verdict, length == NTPHeader.length else { return }
        precondition(kind == (round < 2 ? .remembered : .interleaved), "round \(round) is \(kind)")
        if kind == .interleaved {
            precondition(buffer[40..<48].elementsEqual(sent), "another transmit timestamp than before")
            precondition(buffer[24..<32].elementsEqual(request[32..<40]), "another origin timestamp")
        }
        var replySpan = buffer.mutableSpan
        NTPServer.stamp(
            &replySpan, length: length, kind: kind, transmitted: arrival, state: state, keys: keys, exchanges: &own,
            client: (0, 1))
        let left = NTPTimestamp(state.servedTime(at: arrival + .milliseconds(1)))
        let isCorrected = own.correct(received: NTPHeader.loadReceiveTimestamp(buffer.span), transmitted: left)
        precondition(isCorrected == (round > 0), "the kernel's stamp was not taken")
        sent = (0..<8).map { UInt8(truncatingIfNeeded: (left.bits & ~1) >> UInt64(56 - 8 * $0)) }
        own.growIfCrowded()
        request.replaceSubrange(24..<32, with: buffer[32..<40])
    }
}

private func checkBroadcast(_ bytes: [UInt8], key: UInt32, state: ServerState) {
    var buffer = [UInt8](repeating: 0xaa, count: 72)
    var span = buffer.mutableSpan
    let version: UInt8 = bytes.count % 2 == 0 ? 3 : 4
    let poll = Int8(bitPattern: bytes.first ?? 6)
    let previous = bytes.last.map { NTPTimestamp(bits: UInt64($0) << 32) }
    let length = NTPServer.broadcast(
        into: &span, state: state, at: received, version: version, poll: poll, previous: previous,
        key: key == 0 ? nil : key, keys: keys)
    let isSilent = state.leapIndicator == .unsynchronised || key > 4
    precondition((length == nil) == isSilent, "an unproven time, or none")
    guard let length, let packet = try? NTPHeader(buffer.span) else { return }
    precondition(length == [48, 68, 72, 68, 72][Int(key)], "a packet of another length")
    precondition(packet.mode == .broadcast && packet.version == version && packet.poll == poll, "another packet")
    precondition(packet.originTimestamp == previous ?? .unknown && packet.receiveTimestamp == .unknown, "a timestamp")
    precondition(buffer[length...].allSatisfy { $0 == 0xaa }, "bytes behind the packet were changed")
    if key > 0 { precondition(keys.verify(buffer.span, authenticator: 48..<length), "its key does not prove it") }
}

private func checkReply(
    _ buffer: inout [UInt8], length replyLength: Int, kind: NTPServer.ReplyKind, _ request: [UInt8],
    access: AccessDecision, state: ServerState
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
    let client = client(of: request)
    // SAFETY: libFuzzer calls from one thread.
    unsafe NTPServer.stamp(
        &replySpan, length: replyLength, kind: kind, transmitted: received + .milliseconds(1), state: state,
        keys: keys, exchanges: &exchanges, client: client)
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
    let named = kind == .interleaved ? 32..<40 : 40..<48
    precondition(buffer[24..<32].elementsEqual(request[named]), "another origin timestamp")
    precondition(reply.referenceTimestamp.bits <= reply.receiveTimestamp.bits, "corrected after the request")
    precondition(reply.receiveTimestamp.bits & 1 == 1 && reply.transmitTimestamp.bits & 1 == 0, "unmarked timestamps")
    let isInOrder = reply.receiveTimestamp.bits < reply.transmitTimestamp.bits
    precondition(isInOrder || kind == .interleaved, "sent before the request")
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
