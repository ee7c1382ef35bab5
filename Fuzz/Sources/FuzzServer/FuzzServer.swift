import ConfigurationLanguage
import FuzzDriver
import NTPServer
import NTPWire
import TimeScale

/// The server on any datagram: it must not trap, and must never send more than it got, or anything but a sound reply.
///
/// The first byte chooses the access decision and the state, the second how much longer than the buffer the datagram was.
/// The rest is the datagram. It also goes through a client table eight times, from an address and under flags made of the
/// same bytes, and what the table decides is done.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    // SAFETY: the arguments go on as libFuzzer gave them.
    unsafe withInput(data, size) { input in
        guard input.count >= 2 else { return }
        let request = (2..<input.count).map { input[$0] }
        let decisions = [
            AccessDecision.serve, .kiss(.denied), .currentVersionOnly, .refuse, .ignore, .kiss(.rateExceeded), .limit,
            .flake,
        ]
        let access = decisions[Int(input[0] & 7)]
        check(request, length: request.count + Int(input[1]), access: access, state: state(input[0]))
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
        if flags.contains(.noServe) { precondition(access != .serve && access != .currentVersionOnly, "time denied") }
        check(request, length: request.count, access: access, state: state)
    }
}

private func check(_ request: [UInt8], length: Int, access: AccessDecision, state: ServerState) {
    var buffer = request
    var span = buffer.mutableSpan
    let verdict = NTPServer.respond(to: &span, length: length, received: received, state: state, access: access)
    if case .kiss(let length) = verdict { return checkKiss(buffer, length: length, request, access: access) }
    guard case .reply(let replyLength) = verdict else {
        precondition(buffer == request, "a refused datagram was changed")
        return
    }
    precondition(
        access == .serve || access == .currentVersionOnly && request[0] >> 3 & 7 == 4, "a reply against the rules")
    precondition(replyLength == 48 && replyLength <= request.count, "a reply longer than its request")
    precondition(buffer[48...] == request[48...], "bytes behind the reply were changed")
    var replySpan = buffer.mutableSpan
    NTPServer.stamp(&replySpan, transmitted: received + .milliseconds(1), state: state)
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
