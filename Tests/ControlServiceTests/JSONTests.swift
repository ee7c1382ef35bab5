import ControlService
import Foundation
import Reports
import Testing

@Suite("JSON")
struct JSONTests {
    @Test("a snapshot is read back equal, whatever its numbers")
    func roundTrip() throws {
        let numbers = [
            0, 1e-9, -12.5e-6, 0.1, 1_795_237_567.089, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1e16, -1e-5,
            .pi,
        ]
        for number in numbers {
            let snapshot = Self.snapshot(number)
            #expect(try Self.decoded(snapshot) == snapshot, "\(number)")
        }
    }

    @Test("an empty snapshot is read back equal")
    func empty() throws {
        #expect(try Self.decoded(Snapshot()) == Snapshot())
    }

    @Test("a snapshot is one object with clock, sources and server")
    func shape() throws {
        let snapshot = Self.snapshot(1.5)
        let object = try #require(try Self.object(snapshot))
        #expect(Set(object.keys) == ["tracking", "sources", "receivers", "server", "alarms"])
        let tracking = try #require(object["tracking"] as? [String: Any])
        #expect(Set(tracking.keys) == Set(TrackingReport.variables.map(\.name)))
        #expect(tracking["offset"] as? Double == 1.5)
        #expect(tracking["stratum"] as? Int == 1)
        #expect(tracking["source"] as? String == "NMEA(0)")
        let sources = try #require(object["sources"] as? [[String: Any]])
        #expect(sources.map { $0["name"] as? String } == ["NMEA(0)", "PPS(0)"])
        let server = try #require(object["server"] as? [String: Any])
        #expect(server["replied"] as? Int == .max)
    }

    @Test("a receiver is read back equal, with its satellites and with what it has not said")
    func receiver() throws {
        var receiver = ReceiverReport()
        (receiver.source, receiver.model, receiver.satellitesUsed, receiver.timeAccuracy) = ("NMEA(0)", "F9T", 12, 5e-9)
        var satellite = ReceiverReport.Satellite()
        (satellite.constellation, satellite.number, satellite.signal, satellite.used) = ("gps", 7, 44, 1)
        satellite.elevation = 71
        receiver.alarms = ["the \"antenna\"", ""]
        receiver.satellites = [satellite, ReceiverReport.Satellite()]
        var snapshot = Snapshot()
        snapshot.receivers = [receiver, ReceiverReport()]
        #expect(try Self.decoded(snapshot) == snapshot)
        let object = try #require(try Self.object(snapshot)?["receivers"] as? [[String: Any]])
        #expect(object[0]["antenna"] is NSNull)
        #expect(object[0]["alarms"] as? [String] == ["the \"antenna\"", ""])
        #expect((object[0]["satellites"] as? [[String: Any]])?.first?["elevation"] as? Int == 71)
    }

    /// RFC 8259 §7: quotes, backslashes and everything below U+0020 must be escaped.
    @Test(
        "text of any kind is read back equal",
        arguments: [
            "", "\"", "\\", "\\\"", "a\"b\\c", "\u{0}", "\n\r\t\u{8}\u{c}\u{1b}\u{1f}", "\u{7f}", "µs ✓ 🛰️ 👩🏽‍🚀",
            "e\u{301}", "\u{2028}\u{2029}", "\u{fffd}", "</script>", "\\u0041",
        ])
    func text(text: String) throws {
        var snapshot = Snapshot()
        snapshot.tracking.reason = text
        let read = try Self.decoded(snapshot).tracking.reason
        // Scalars, because Swift's == takes composed and decomposed letters for equal.
        #expect(Array(read.unicodeScalars) == Array(text.unicodeScalars))
        let object = try #require(try Self.object(snapshot)?["tracking"] as? [String: Any])
        #expect(object["reason"] as? String == text)
    }

    @Test("control characters are written as their number, in one line")
    func controlCharacters() {
        var snapshot = Snapshot()
        snapshot.tracking.reason = "a\nb\u{1f}"
        let bytes = JSON.encode(snapshot)
        #expect(String(decoding: bytes, as: UTF8.self).contains(#""reason":"a\u000ab\u001f","#))
        #expect(bytes.allSatisfy { $0 >= 0x20 })
    }

    @Test(
        "numbers that are not finite are null, and read back as no number",
        arguments: [.nan, .infinity, -.infinity] as [Double])
    func notFinite(number: Double) throws {
        let snapshot = Self.snapshot(number)
        let tracking = try #require(try Self.object(snapshot)?["tracking"] as? [String: Any])
        #expect(tracking["offset"] is NSNull)
        let read = try Self.decoded(snapshot)
        #expect(read.tracking.offset.isNaN)
        #expect(read.sources.allSatisfy { $0.offset.isNaN && $0.jitter.isNaN })
        #expect(read.tracking.stratum == 1)
        #expect(read.server == snapshot.server)
    }

    @Test("a number that is missing is an error still")
    func missing() {
        let text = String(decoding: JSON.encode(Snapshot()), as: UTF8.self).replacing(#""offset":0.0,"#, with: "")
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Snapshot.self, from: Data(text.utf8)) }
    }

    private static func snapshot(_ number: Double) -> Snapshot {
        var snapshot = Snapshot()
        snapshot.tracking.stratum = 1
        snapshot.tracking.source = "NMEA(0)"
        (snapshot.tracking.offset, snapshot.tracking.frequency, snapshot.tracking.rootDispersion) = (
            number, number, number
        )
        (snapshot.tracking.precision, snapshot.tracking.time) = (-24, number)
        snapshot.sources = ["NMEA(0)", "PPS(0)"].map { name in
            var source = SourceReport()
            (source.name, source.reach, source.rejected) = (name, 255, .min)
            (source.offset, source.jitter) = (number, number)
            return source
        }
        snapshot.server.replied = .max
        var alarm = AlarmReport()
        (alarm.name, alarm.text, alarm.remedy, alarm.age) = ("statefile", "full", "make room", number)
        snapshot.alarms = [alarm, alarm]
        return snapshot
    }

    private static func decoded(_ snapshot: Snapshot) throws -> Snapshot {
        try JSONDecoder().decode(Snapshot.self, from: Data(JSON.encode(snapshot)))
    }

    /// What another reader of JSON makes of it.
    private static func object(_ snapshot: Snapshot) throws -> [String: Any]? {
        try JSONSerialization.jsonObject(with: Data(JSON.encode(snapshot))) as? [String: Any]
    }
}
