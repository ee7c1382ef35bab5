import Receivers
import TimeScale

/// A sentence with its checksum and CR LF; `body` is what stands between `$` and `*`.
func sentence(_ body: String) -> [UInt8] {
    let sum = body.utf8.reduce(0, ^)
    let digits = String(sum, radix: 16, uppercase: true)
    return Array("$\(body)*\(digits.count == 1 ? "0" : "")\(digits)\r\n".utf8)
}

/// Lines of sentences, joined.
func stream(_ bodies: String...) -> [UInt8] { bodies.flatMap(sentence) }

/// An RMC with a fix; `date` is ddmmyy.
func rmc(_ time: String, _ date: String, status: String = "A", mode: String = "A", talker: String = "GP") -> String {
    "\(talker)RMC,\(time),\(status),4717.1130,N,00833.9150,E,0.00,0.00,\(date),,,\(mode)"
}

/// A GGA; quality 1 is a fix.
func gga(_ time: String, quality: String = "1") -> String {
    "GPGGA,\(time),4717.1130,N,00833.9150,E,\(quality),08,1.0,450.0,M,48.0,M,,"
}

/// The moment of civil fields; for tests with constant ones.
func utc(
    _ year: Int, _ month: Int, _ day: Int, _ hour: Int = 0, _ minute: Int = 0, _ second: Int = 0, nanosecond: Int = 0
) -> Instant {
    guard
        let civil = CivilTime(
            year: year, month: month, day: day, hour: hour, minute: minute, second: second, nanosecond: nanosecond)
    else { preconditionFailure("no such moment") }
    return civil.instant
}

extension ReceiverDecoder {
    /// Takes bytes, byte n of them arriving n · `characterTime` after `start`, in pieces; returns the events.
    mutating func events(
        _ bytes: [UInt8], startingAt start: Instant = .unixEpoch, inPiecesOf pieceLength: Int = .max
    ) -> [ReceiverEvent] {
        var events: [ReceiverEvent] = []
        var first = 0
        while first < bytes.count {
            let last = first + min(pieceLength, bytes.count - first)
            let arrived = start + Interval(nanoseconds: Int64(last - 1) * characterTime.nanoseconds)
            // SAFETY: the span lives as long as `bytes`, which the call borrows.
            consume(bytes.span.extracting(first..<last), arrived: arrived) { events.append($0) }
            first = last
        }
        return events
    }
}

extension ReceiverEvent {
    /// The label, if it is one.
    var label: SecondLabel? {
        if case .label(let label) = self { label } else { nil }
    }

    /// The reason, if it is a rejection.
    var rejection: MessageRejection? {
        if case .rejected(let reason) = self { reason } else { nil }
    }
}

/// The events of a fresh decoder with a pivot at the start of 2026.
func events(_ bytes: [UInt8]) -> [ReceiverEvent] {
    var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
    return decoder.events(bytes)
}
