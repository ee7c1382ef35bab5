import TimeScale

/// A message of Motorola's Oncore receivers that is about time or about the receiver.
///
/// Layouts: Motorola's Oncore and M12 user's guides, as `shared/reference/nmea-ubx.md` §7, gpsd and ntpd have them.
/// Numbers have the high byte first. None of it was checked on hardware; what captures exist is said with each message.
enum OncoreMessage: Equatable, Sendable {
    /// @@Ea, @@Ba, @@Ha: position, status and data.
    case position(OncorePosition)
    /// @@Bo: GPS − UTC in seconds; 0 where the receiver has not heard it. Capture oncore-binary.
    case utcOffset(Int)
    /// @@Aw: whether the receiver shows UTC, and not GPS time. Capture oncore-binary.
    case timeMode(isUTC: Bool)
    /// @@At, @@Gd: whether the place is held, and whether it is being surveyed. Captures oncore-binary, oncore-m12.
    case hold(isHeld: Bool, isSurveying: Bool)
    /// @@As: the place to be held. Captures oncore-binary, oncore-m12.
    case place(ReceiverStatus.Place)
    /// @@En, @@Bn, @@Hn: about the next pulse.
    case pulse(OncorePulse)
    /// @@Bb: satellites above the horizon, without signals. Captures oncore-binary, oncore-m12.
    case visible([Satellite])
    /// @@Bj: the announced leap second: +1, −1 or 0. No capture.
    case leapPending(Int)
    /// @@Cj: what the receiver is. No capture.
    case version(model: String?, firmware: String?)

    /// The length of a message, bytes; `nil` for one that is not known.
    ///
    /// All that gpsd knows, and with them @@Ba, @@Bn and @@Hn, whose layouts tell their lengths: as @@Ea and @@En with
    /// six channels for eight, and twelve satellites of five bytes.
    static func length(_ first: UInt8, _ second: UInt8) -> Int? {
        switch (first, second) {
        case (UInt8(ascii: "A"), let second): lengthA(second)
        case (UInt8(ascii: "B"), UInt8(ascii: "a")): 68
        case (UInt8(ascii: "B"), UInt8(ascii: "b")): 92
        case (UInt8(ascii: "B"), UInt8(ascii: "j")), (UInt8(ascii: "B"), UInt8(ascii: "o")): 8
        case (UInt8(ascii: "B"), UInt8(ascii: "n")): 59
        case (UInt8(ascii: "C"), UInt8(ascii: "b")): 33
        case (UInt8(ascii: "C"), UInt8(ascii: "c")): 80
        case (UInt8(ascii: "C"), UInt8(ascii: "f")), (UInt8(ascii: "C"), UInt8(ascii: "k")): 7
        case (UInt8(ascii: "C"), UInt8(ascii: "h")): 9
        case (UInt8(ascii: "C"), UInt8(ascii: "j")): 294
        case (UInt8(ascii: "E"), UInt8(ascii: "a")): 76
        case (UInt8(ascii: "E"), UInt8(ascii: "n")): 69
        case (UInt8(ascii: "E"), UInt8(ascii: "q")): 96
        case (UInt8(ascii: "F"), UInt8(ascii: "a")): 9
        case (UInt8(ascii: "G"), UInt8(ascii: "d")), (UInt8(ascii: "G"), UInt8(ascii: "e")): 8
        case (UInt8(ascii: "H"), UInt8(ascii: "a")): 154
        case (UInt8(ascii: "H"), UInt8(ascii: "n")): 78
        case (UInt8(ascii: "S"), UInt8(ascii: "z")): 8
        default: nil
        }
    }

    private static func lengthA(_ second: UInt8) -> Int? {
        switch second {
        case UInt8(ascii: "a"), UInt8(ascii: "b"): 10
        case UInt8(ascii: "c"), UInt8(ascii: "d"), UInt8(ascii: "e"), UInt8(ascii: "y"), UInt8(ascii: "z"): 11
        case UInt8(ascii: "f"): 15
        case UInt8(ascii: "g"), UInt8(ascii: "q"), UInt8(ascii: "t"), UInt8(ascii: "v"), UInt8(ascii: "w"),
            UInt8(ascii: "N"), UInt8(ascii: "O"), UInt8(ascii: "P"):
            8
        case UInt8(ascii: "p"): 25
        case UInt8(ascii: "s"): 20
        case UInt8(ascii: "u"): 12
        default: nil
        }
    }

    /// Reads a packet.
    ///
    /// - Parameter packet: from `@@` to CR LF, checksum proven.
    /// - Returns: `nil` for a message that is not about time or the receiver.
    /// - Throws: `MessageRejection.badLength` where it has not the length of its kind.
    static func parse(_ packet: Span<UInt8>) throws(MessageRejection) -> OncoreMessage? {
        guard packet.count >= 7, length(packet[2], packet[3]) == packet.count else { throw .badLength }
        switch (packet[2], packet[3]) {
        case (UInt8(ascii: "E"), UInt8(ascii: "a")): return .position(OncorePosition(packet, channels: 8))
        case (UInt8(ascii: "B"), UInt8(ascii: "a")): return .position(OncorePosition(packet, channels: 6))
        case (UInt8(ascii: "H"), UInt8(ascii: "a")): return .position(OncorePosition(twelveChannels: packet))
        case (UInt8(ascii: "B"), UInt8(ascii: "o")): return .utcOffset(Int(packet.int8(4)))
        case (UInt8(ascii: "A"), UInt8(ascii: "w")): return .timeMode(isUTC: packet[4] == 1)
        // 0 off, 1 on, 2 survey.
        case (UInt8(ascii: "A"), UInt8(ascii: "t")): return .hold(isHeld: packet[4] == 1, isSurveying: packet[4] == 2)
        // 0 off, 1 on, 2 the height alone, 3 survey.
        case (UInt8(ascii: "G"), UInt8(ascii: "d")): return .hold(isHeld: packet[4] == 1, isSurveying: packet[4] == 3)
        case (UInt8(ascii: "A"), UInt8(ascii: "s")): return OncorePosition.place(packet, at: 4).map { .place($0) }
        case (UInt8(ascii: "E"), UInt8(ascii: "n")), (UInt8(ascii: "B"), UInt8(ascii: "n")):
            return .pulse(OncorePulse(packet, pulse: 19, traim: 21, accuracy: 23, sawtooth: 25))
        case (UInt8(ascii: "H"), UInt8(ascii: "n")):
            return .pulse(OncorePulse(packet, pulse: 4, traim: 6, accuracy: 12, sawtooth: 14))
        case (UInt8(ascii: "B"), UInt8(ascii: "b")): return .visible(visible(packet))
        case (UInt8(ascii: "B"), UInt8(ascii: "j")):
            return .leapPending(packet[4] == 1 ? 1 : packet[4] == 2 ? -1 : 0)
        case (UInt8(ascii: "C"), UInt8(ascii: "j")): return version(packet)
        default: return nil
        }
    }

    /// @@Bb: 4 count, then for each 7 bytes: number, Doppler, elevation, azimuth, health.
    private static func visible(_ packet: Span<UInt8>) -> [Satellite] {
        (0..<min(Int(packet[4]), 12)).compactMap { index in
            let block = 5 + 7 * index
            let (elevation, azimuth) = (Int(packet.int8(block + 3)), Int(packet.bigUInt16(block + 4)))
            guard packet[block] > 0, elevation <= 90, azimuth <= 360 else { return nil }
            return Satellite(.gps, Int(packet[block]), signal: 0, elevation: elevation, azimuth: azimuth)
        }
    }

    /// @@Cj: lines of text, among them `SOFTWARE VER #`, `SOFTWARE REV #` and `MODEL #`, as ntpd's driver lists them.
    private static func version(_ packet: Span<UInt8>) -> OncoreMessage {
        var (lines, line) = ([String](), "")
        for offset in 4..<packet.count - 3 {
            if (0x20...0x7e).contains(packet[offset]) {
                line.unicodeScalars.append(Unicode.Scalar(packet[offset]))
            } else {
                lines.append(line)
                line = ""
            }
        }
        lines.append(line)
        func value(_ label: String) -> String? {
            guard let line = lines.first(where: { $0.hasPrefix(label) }) else { return nil }
            let words = line.dropFirst(label.utf8.count).split(separator: " ")
            return words.isEmpty ? nil : words.joined(separator: " ")
        }
        let firmware = [value("SOFTWARE VER #"), value("SOFTWARE REV #")].compactMap { $0 }.joined(separator: ".")
        return .version(model: value("MODEL #"), firmware: firmware.isEmpty ? nil : firmware)
    }
}
