import Receivers
import SimulatedWorld
import Testing
import TimeScale

/// Where packets begin and end among other bytes.
@Suite("Packets among other bytes")
struct FramingTests {
    /// Two messages of capture bu303-nofix: MID9 and MID50.
    private static let sirf = hex("a0a20009090000000000ba000900ccb0b3")
    private static let otherSiRF = hex("a0a2000d3278001200000000000000000000bcb0b3")
    /// SkyTraq's answer to a command, made by hand: 83 is the exclusive or of 83 and 00.
    private static let skyTraq = hex("a0a100028300830d0a")

    private func names(_ bytes: [UInt8], _ decoder: inout ReceiverDecoder) -> [String] {
        decoder.reportsFrames = true
        return decoder.events(bytes).compactMap { event in
            guard case .frame(let frame) = event else { return nil }
            return if case .rejected(let reason) = frame.verdict { "\(reason)" } else { "\(frame.name)" }
        }
    }

    private func names(_ bytes: [UInt8]) -> [String] {
        var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
        return names(bytes, &decoder)
    }

    @Test("SiRF's messages are framed, and one that is damaged hides no other")
    func sirfFrames() {
        let (one, other) = (Self.sirf, Self.otherSiRF)
        #expect(names(one + other) == ["MID9", "MID50"])
        // Checksum and end: four bytes; the checksum covers the payload, but for its top bit.
        for offset in 4..<one.count {
            var damaged = one
            damaged[offset] ^= 0x01
            #expect(names(damaged + other) == ["bad checksum", "MID50"], "byte \(offset)")
        }
        // Each of the first four bytes makes it another length, or no message.
        for (offset, value) in [(0, 0x20), (1, 0x20), (2, 0x7f), (3, 0x08), (3, 0x0a)] as [(Int, UInt8)] {
            var damaged = one
            damaged[offset] = value
            #expect(names(damaged + other).last == "MID50", "byte \(offset)")
            #expect(!names(damaged + other).contains("MID9"), "byte \(offset)")
        }
    }

    @Test("SkyTraq's messages are framed, and one that is damaged hides no other")
    func skyTraqFrames() {
        let (one, other) = (Self.skyTraq, Self.otherSiRF)
        #expect(names(one + other) == ["83", "MID50"])
        for offset in 4..<one.count {
            var damaged = one
            damaged[offset] ^= 0x40
            #expect(names(damaged + other) == ["bad checksum", "MID50"], "byte \(offset)")
        }
        for (offset, value) in [(0, 0x20), (1, 0x20), (2, 0x7f), (3, 0x01), (3, 0x03)] as [(Int, UInt8)] {
            var damaged = one
            damaged[offset] = value
            #expect(names(damaged + other).last == "MID50", "byte \(offset)")
            #expect(!names(damaged + other).contains("83"), "byte \(offset)")
        }
        // More than the longest packet, 4104 bytes: none.
        #expect(names(hex("a0a11002") + other) == ["sentence too long", "MID50"])
        #expect(names(hex("a0a21001") + other) == ["sentence too long", "MID50"])
    }

    @Test("a message cut anywhere hides no other for longer than until the line has paused twice")
    func cut() {
        for (message, name) in [(Self.sirf, "MID9"), (Self.skyTraq, "83")] {
            for length in 0..<message.count {
                var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
                var names = names(Array(message[..<length]) + message, &decoder)
                for second in 1...2 {
                    for event in decoder.events(message, startingAt: .unixEpoch + .seconds(Int64(second))) {
                        if case .frame(let frame) = event { names.append("\(frame.name)") }
                    }
                }
                // The first may be taken for the rest of the one that was cut.
                #expect(names.count { $0 == name } >= 2, "\(name) cut at \(length)")
                #expect(names.last == name, "\(name) cut at \(length)")
            }
        }
    }

    @Test(
        "a header that is noise costs no sentence that follows it whole",
        arguments: ["b5620107f00f", "a0a10ff0", "a0a20ff0", "1024", "4040456140", "10ab"])
    func noiseBeforeSentences(header: String) {
        // At the speed of the line: no pause tells.
        var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
        decoder.characterTime = .milliseconds(1)
        let sentences = stream(rmc("120000", "010626"), rmc("120001", "010626"))
        let labels = decoder.events(hex(header) + sentences).compactMap(\.label)
        #expect(labels.map(\.utc) == [utc(2026, 6, 1, 12), utc(2026, 6, 1, 12, 0, 1)])
        // And each has the time of its own first byte.
        let first = Instant.unixEpoch + .milliseconds(Int64(header.utf8.count / 2))
        #expect(labels.first?.arrived == first)
    }

    /// NAV-STATUS, 16 bytes: a fix, and at 5 the flag that says so.
    private static let navStatus = ImaginedReceiver.ubxFrame(
        class: 0x01, message: 0x03, payload: [0, 0, 0, 0, 3, 0x0d] + [UInt8](repeating: 0, count: 10))

    @Test("a header that is noise holds back no packet for longer than until the line has paused twice")
    func noiseBeforePackets() {
        var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
        #expect(decoder.events(hex("b5620107f00f") + Self.navStatus) == [])
        #expect(decoder.events(Self.navStatus, startingAt: .unixEpoch + .milliseconds(1000)) == [])
        // The first byte of the second after shows it.
        let events = decoder.events([Self.navStatus[0]], startingAt: .unixEpoch + .milliseconds(2000))
        #expect(events == [.rejected(.interrupted), .fix(true)])
    }

    @Test("a packet that comes in two parts is whole, and one in three where they are less than 300 ms apart")
    func slowPacket() {
        for (pauses, count) in [([5000, 5300], 1), ([300, 600], 1), ([301, 602], 0)] as [([Int64], Int)] {
            var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
            _ = decoder.events(Array(Self.navStatus[..<9]))
            var rest = decoder.events(Array(Self.navStatus[9..<12]), startingAt: .unixEpoch + .milliseconds(pauses[0]))
            rest += decoder.events(Array(Self.navStatus[12...]), startingAt: .unixEpoch + .milliseconds(pauses[1]))
            #expect(rest.count { $0 == .fix(true) } == count, "\(pauses) ms")
        }
    }

    @Test("a packet may hold what looks like a sentence with a wrong checksum, or part of one")
    func textInPacket() {
        for text in ["$GPRMC,1*00\r\n", "$GPRMC\r\n", "*41\r\n", "A*41\r\n"] {
            let packet = ImaginedReceiver.ubxFrame(class: 0x04, message: 0x02, payload: Array(text.utf8))
            #expect(names(packet) == ["INF-NOTICE"], "\(text)")
        }
    }

    /// gpsd's capture garmin18x-bin (BSD-2-Clause): a position, record 51.
    private static let garmin =
        "103340cbf75b43e69494414fa90741e73184410300000000003045f2407aea3de20c72e03fcd9b6c654289fbbf03354dbe1f8ae7bd0c3753"
        + "bd028cd3411200bd0e0000d71003"

    @Test("Garmin's packets are told from Trimble's by their length and checksum (capture garmin18x-bin)")
    func garminPackets() {
        var decoder = ReceiverDecoder(notBefore: utc(2019, 1, 1))
        #expect(names(hex(Self.garmin), &decoder) == ["ID51"])
        #expect(decoder.statistics.messages(of: .garmin) == 1)
        #expect(decoder.statistics.messages(of: .tsip) == 0)
        #expect(!ReceiverProtocol.garmin.isDecoded)
        var damaged = hex(Self.garmin)
        damaged[20] ^= 1
        #expect(names(damaged) == ["33"])
        // Trimble's: 8F-AB and 0x46 of capture trimble-smtx.
        #expect(
            names(hex("108fab00011cb80825001200300e14160c07e31003") + tsip([0x46, 0xbb, 0x01])) == ["8F-AB", "46"])
    }

    @Test(
        "sentences are named with their kind, in 16 characters",
        arguments: [
            ("GPRMC,120000", "GPRMC"), ("PUBX,04,1", "PUBX,04"), ("PUBX,00", "PUBX,00"),
            ("PERDCRW,TPS1,2", "PERDCRW,TPS1"),
            ("PSTI,030,1", "PSTI,030"), ("PERC,GPppr,1", "PERC,GPppr"), ("PFEC,GPtps,1", "PFEC,GPtps"),
            ("PQTMSVINSTATUS,1", "PQTMSVINSTATUS"), ("PQTMANTENNASTATUS,1", "PQTMANTENNASTATU"),
            ("PMTK001,1", "PMTK001"),
            ("PUBX", "PUBX"), ("PASHR,PTT,1", "PASHR,PTT"), ("P,1", "P"), ("ABCDEFGH,1", "ABCDEFGH"),
        ])
    func sentenceNames(text: String, name: String) {
        var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
        decoder.reportsFrames = true
        let names = decoder.events(sentence(text)).compactMap { event in
            if case .frame(let frame) = event { "\(frame.name)" } else { nil as String? }
        }
        #expect(names == [name])
    }
}
