/// How packets of the binary languages begin, and where they end.
///
/// All functions look at what has come of a packet so far, and say so where that does not suffice. They never ask for more
/// than `longestPacket` bytes.
enum PacketFraming {
    /// What the bytes so far make.
    enum Measure: Equatable {
        /// Too few of them yet.
        case incomplete
        /// A packet of so many bytes, its checksum proven where it has one.
        case complete(length: Int)
        /// No packet at all: its first byte is noise.
        case noise
        /// Something that was meant to be a packet.
        case broken(MessageRejection)
    }

    /// The longest packet in bytes; what claims to be longer is no packet. Raw measurements of a receiver that sees 100
    /// signals take 3.2 kB (UBX-RXM-RAWX).
    static let longestPacket = 4096 + 8

    /// The longest TSIP packet, doubled bytes among them: the longest known has 160 bytes of data (0xa3-11 and 0x6c).
    private static let longestTSIP = 512

    /// The language whose packets begin with a byte; `nil` for text.
    static func language(beginningWith byte: UInt8, outsideSentence: Bool) -> ReceiverProtocol? {
        switch byte {
        case 0xb5: .ubx
        case 0x10: .tsip
        // Both of these: the second byte tells.
        case 0xa0: .sirf
        // Also a character of sentences.
        case UInt8(ascii: "@") where outsideSentence: .oncore
        default: nil
        }
    }

    /// Measures what has come.
    ///
    /// - Parameters:
    ///   - language: corrected where the second byte tells which it is.
    ///   - bytes: from the first byte on, at least one.
    ///   - examined: how far a search for the end has come; to be handed in again with more bytes.
    /// - Returns: what they make.
    static func measure(
        _ language: inout ReceiverProtocol, _ bytes: Span<UInt8>, examined: inout Int
    ) -> Measure {
        guard bytes.count > 1 else { return .incomplete }
        switch language {
        case .ubx: return measureUBX(bytes)
        case .tsip: return measureTSIP(&language, bytes, examined: &examined)
        case .oncore: return measureOncore(bytes)
        case .sirf where bytes[1] == 0xa1:
            language = .skyTraq
            return measureSkyTraq(bytes)
        case .skyTraq: return measureSkyTraq(bytes)
        case .sirf: return measureSiRF(bytes)
        case .nmea, .gpsd, .garmin: return .noise
        }
    }

    /// `b5 62`, class, message, length (low byte first), payload, and Fletcher's checksum over all from the class on.
    private static func measureUBX(_ bytes: Span<UInt8>) -> Measure {
        guard bytes[1] == 0x62 else { return .noise }
        guard bytes.count >= 6 else { return .incomplete }
        let length = 8 + (Int(bytes[4]) | Int(bytes[5]) << 8)
        guard length <= longestPacket else { return .broken(.tooLong) }
        guard bytes.count >= length else { return .incomplete }
        var (first, second) = (UInt8(0), UInt8(0))
        for index in 2..<length - 2 {
            first &+= bytes[index]
            second &+= first
        }
        let isRight = bytes[length - 2] == first && bytes[length - 1] == second
        return isRight ? .complete(length: length) : .broken(.badChecksum)
    }

    /// `10`, identifier, data with each 10 doubled, `10 03`. Only packets of version 1 have a checksum, and Garmin's,
    /// which look the same else.
    private static func measureTSIP(
        _ language: inout ReceiverProtocol, _ bytes: Span<UInt8>, examined: inout Int
    ) -> Measure {
        // Report packets only; a receiver never sends 10 or 03 here, and neither is an identifier.
        guard bytes[1] >= 0x1c, bytes[1] != 0x10 else { return .noise }
        var index = max(examined, 2)
        while index < bytes.count {
            guard bytes[index] == 0x10 else {
                index += 1
                continue
            }
            examined = index
            guard index + 1 < bytes.count else { return .incomplete }
            switch bytes[index + 1] {
            case 0x10: index += 2
            case 0x03:
                let packet = bytes.extracting(0..<index + 2)
                if TSIPMessage.isGarmin(packet) { language = .garmin }
                return language == .garmin || TSIPMessage.isIntact(packet)
                    ? .complete(length: index + 2) : .broken(.badChecksum)
            default: return .broken(.interrupted)
            }
        }
        examined = index
        return bytes.count < longestTSIP ? .incomplete : .noise
    }

    /// `a0 a1`, length (high byte first), payload, exclusive or of the payload, CR LF.
    private static func measureSkyTraq(_ bytes: Span<UInt8>) -> Measure {
        guard bytes.count >= 4 else { return .incomplete }
        let payload = Int(bytes[2]) << 8 | Int(bytes[3])
        let length = payload + 7
        guard length <= longestPacket else { return .broken(.tooLong) }
        guard bytes.count >= length else { return .incomplete }
        var sum = UInt8(0)
        for index in 4..<4 + payload { sum ^= bytes[index] }
        let isRight = bytes[length - 3] == sum && bytes[length - 2] == 0x0d && bytes[length - 1] == 0x0a
        return isRight ? .complete(length: length) : .broken(.badChecksum)
    }

    /// `a0 a2`, length (15 bits, high byte first), payload, its sum (15 bits), `b0 b3`.
    private static func measureSiRF(_ bytes: Span<UInt8>) -> Measure {
        guard bytes[1] == 0xa2 else { return .noise }
        guard bytes.count >= 4 else { return .incomplete }
        let payload = Int(bytes[2] & 0x7f) << 8 | Int(bytes[3])
        let length = payload + 8
        guard length <= longestPacket else { return .broken(.tooLong) }
        guard bytes.count >= length else { return .incomplete }
        var sum = 0
        for index in 4..<4 + payload { sum = (sum + Int(bytes[index])) & 0x7fff }
        let stated = Int(bytes[length - 4]) << 8 | Int(bytes[length - 3])
        let isRight = stated == sum && bytes[length - 2] == 0xb0 && bytes[length - 1] == 0xb3
        return isRight ? .complete(length: length) : .broken(.badChecksum)
    }

    /// `@@`, two letters, data, exclusive or of letters and data, CR LF. The letters alone tell the length.
    private static func measureOncore(_ bytes: Span<UInt8>) -> Measure {
        guard bytes[1] == UInt8(ascii: "@") else { return .noise }
        guard bytes.count >= 4 else { return .incomplete }
        guard let length = OncoreMessage.length(bytes[2], bytes[3]) else { return .noise }
        guard bytes.count >= length else { return .incomplete }
        var sum = UInt8(0)
        for index in 2..<length - 3 { sum ^= bytes[index] }
        let isRight = bytes[length - 3] == sum && bytes[length - 2] == 0x0d && bytes[length - 1] == 0x0a
        return isRight ? .complete(length: length) : .broken(.badChecksum)
    }
}
