import GPSDWire
import Receivers
import SimulatedWorld
import Testing
import TimeScale

/// 2026-06-03T12:00:00Z.
private let start = utc(2026, 6, 3, 12)
private let port = "/dev/ttyAMA0"
private let other = "/dev/ttyACM1"

/// What gpsd tells of a second after `start`.
private func fix(
    _ second: Int64 = 0, device: String? = port, mode: GPSDFix.Mode = .threeDimensional, status: Int = 1,
    leapSeconds: Int? = nil
) -> GPSDReport {
    .fix(
        GPSDFix(
            device: device, time: start + .seconds(second), isLeapSecond: false, mode: mode, status: status,
            leapSeconds: leapSeconds))
}

private func timeOffset(_ second: Int64, device: String? = port) -> GPSDReport {
    .timeOffset(GPSDTimeOffset(device: device, reference: start + .seconds(second), clock: start + .seconds(second)))
}

private func device(_ path: String, _ driver: String? = nil, isActive: Bool = true) -> GPSDDevice {
    GPSDDevice(path: path, driver: driver, model: nil, firmware: nil, isActive: isActive)
}

@Suite("A receiver behind gpsd")
struct GPSDTests {
    /// A decoder that has been told of devices.
    private func decoder(
        _ devices: [String], path: String? = nil, pulsePath: String? = nil, unit: Int = 0
    ) -> ReceiverDecoder {
        var decoder = ReceiverDecoder(notBefore: start - .seconds(86_400))
        decoder.gpsdChoice = GPSDChoice(path: path, pulsePath: pulsePath, unit: unit)
        _ = said(&decoder, [.devices(devices.map { device($0) })])
        return decoder
    }

    /// What comes of reports: the labels, and why there is none.
    private func said(
        _ decoder: inout ReceiverDecoder, _ reports: [GPSDReport]
    ) -> (labels: [SecondLabel], rejections: [MessageRejection]) {
        var (labels, rejections): ([SecondLabel], [MessageRejection]) = ([], [])
        for report in reports {
            decoder.consume(report, arrived: start) {
                switch $0 {
                case .label(let label): labels.append(label)
                case .rejected(let reason): rejections.append(reason)
                default: break
                }
            }
        }
        return (labels, rejections)
    }

    /// Whether pulses count, in a form that `#expect` takes.
    private func believes(_ decoder: ReceiverDecoder, _ device: String?) -> Bool {
        var decoder = decoder
        return decoder.believesPulses(of: device)
    }

    // MARK: - What is evidence

    @Test(
        "a fix labels, and vouches for the time of the sentences and for pulses, where satellites were heard",
        arguments: [
            (fix(mode: .twoDimensional), nil), (fix(), nil), (fix(status: 7), nil), (fix(status: 99), nil),
            (fix(mode: .unknown, leapSeconds: 18), nil), (fix(mode: .unknown), .noFix), (fix(mode: .none), .noFix),
            (fix(mode: .none, leapSeconds: 18), .noFix), (fix(status: 5), .noFix), (fix(status: 8), .testTime),
            (fix(status: 8, leapSeconds: 18), .testTime), (fix(mode: .unknown, status: 8), .testTime),
        ] as [(GPSDReport, MessageRejection?)])
    func evidence(report: GPSDReport, refusal: MessageRejection?) {
        var decoder = decoder([port])
        let fixed = said(&decoder, [report])
        #expect(fixed.rejections == (refusal.map { [$0] } ?? []))
        #expect(fixed.labels.count == (refusal == nil ? 1 : 0))
        #expect(decoder.hasFix == (refusal == nil && report != fix(mode: .unknown, leapSeconds: 18)))
        #expect(said(&decoder, [timeOffset(1)]).labels.count == (refusal == nil ? 1 : 0))
        #expect(believes(decoder, port) == (refusal == nil))
    }

    @Test("the time of the sentences alone is no evidence, nor is another receiver's fix, nor what gpsd does not know")
    func withoutFix() {
        var decoder = decoder([port, other])
        #expect(said(&decoder, [timeOffset(0), timeOffset(1)]).rejections == [.noStatus, .noStatus])
        #expect(said(&decoder, [fix(2, device: other), timeOffset(2)]).rejections == [.noStatus])
        #expect(!believes(decoder, port))
        // gpsd puts fixes of which it knows nothing between others.
        #expect(said(&decoder, [fix(3), fix(4, mode: .unknown), timeOffset(4)]).rejections == [.noFix])
        #expect(believes(decoder, port))
        #expect(said(&decoder, [fix(5, mode: .none), timeOffset(6)]).rejections == [.noFix, .noFix])
        #expect(said(&decoder, [fix(7), timeOffset(8)]).labels.map(\.message) == [.gpsdFix, .gpsdTimeOffset])
        #expect(said(&decoder, [fix(9, status: 8), timeOffset(10)]).rejections == [.testTime, .testTime])
        #expect(!believes(decoder, port))
    }

    @Test("a receiver that gpsd has lost has to show its fix again")
    func lost() {
        var decoder = decoder([port])
        _ = said(&decoder, [fix(0)])
        _ = said(&decoder, [.device(device(port, isActive: false))])
        #expect(!decoder.hasFix)
        #expect(decoder.gpsdAbsence == "gpsd has no receiver at \(port)")
        _ = said(&decoder, [.device(device(port, "u-blox"))])
        #expect(decoder.gpsdAbsence == nil)
        #expect(said(&decoder, [timeOffset(1)]).rejections == [.noStatus])
        #expect(!believes(decoder, port))
    }

    @Test("labels know the leap seconds once gpsd tells them")
    func leapSeconds() {
        var decoder = decoder([port])
        let before = said(&decoder, [fix(0), timeOffset(1)]).labels
        #expect(before.map(\.knowsLeapSeconds) == [false, false])
        let after = said(&decoder, [fix(2, leapSeconds: 18), timeOffset(3)]).labels
        #expect(after.map(\.knowsLeapSeconds) == [true, true])
        #expect(decoder.status.leapSeconds == 18)
    }

    @Test("second 60 is one where a quarter ends, and nonsense elsewhere")
    func leapSecond() {
        func told(_ end: Instant) -> (labels: [SecondLabel], rejections: [MessageRejection]) {
            var decoder = decoder([port])
            let report = GPSDFix(
                device: port, time: end, isLeapSecond: true, mode: .threeDimensional, status: 1, leapSeconds: 18)
            return said(&decoder, [.fix(report)])
        }
        #expect(told(utc(2026, 7, 1)).labels.map(\.isLeapSecond) == [true])
        #expect(told(utc(2026, 6, 11)).rejections == [.badLeapSecond])
    }

    // MARK: - Which receiver

    /// Whose seconds a decoder takes.
    private func heard(_ decoder: ReceiverDecoder, _ devices: [String]) -> [String] {
        devices.filter { path in
            var decoder = decoder
            return !said(&decoder, [fix(1000, device: path)]).labels.isEmpty
        }
    }

    @Test(
        "units count gpsd's receivers in its order, by ntpd's names where there are such; a path is a path",
        arguments: [
            ([port], nil, 0, [port]), ([port], nil, 1, []), ([port, other], nil, 0, [port]),
            ([port, other], nil, 1, [other]), ([port, other], nil, 2, []), ([port, other], other, 0, [other]),
            ([port, other], "/dev/gps9", 0, []), ([port, "/dev/gps0", "/dev/gps1"], nil, 0, ["/dev/gps0"]),
            (["/dev/gps1", "/dev/gps0"], nil, 1, ["/dev/gps1"]), ([port, "/dev/gps0"], nil, 1, [port]),
            (["/dev/gps1", port], nil, 0, [port]), ([port, "/dev/gps0"], nil, 2, []),
            // A pulse device is none, wherever it stands.
            ([port, "/dev/pps0"], nil, 0, [port]), (["/dev/pps0", port], nil, 0, [port]),
            (["/dev/pps0", port], nil, 1, []), (["/dev/pps0"], nil, 0, []),
        ] as [([String], String?, Int, [String])])
    func choice(devices: [String], path: String?, unit: Int, ours: [String]) {
        #expect(heard(decoder(devices, path: path, unit: unit), devices) == ours)
    }

    @Test("a report that names no device is about whichever receiver there is")
    func nameless() {
        var decoder = decoder([port, other], unit: 1)
        #expect(said(&decoder, [fix(0, device: nil)]).labels.count == 1)
    }

    @Test("units do not swap when gpsd recognises receivers one after the other, or loses one")
    func order() {
        var units = [decoder([port, other], unit: 0), decoder([port, other], unit: 1)]
        func ours() -> [[String]] { units.map { heard($0, [port, other, "/dev/ttyACM7"]) } }
        func tell(_ report: GPSDReport) { for index in units.indices { _ = said(&units[index], [report]) } }
        for path in [other, port, other] { tell(.device(device(path, "NMEA0183"))) }
        #expect(ours() == [[port], [other]])
        tell(.device(device(port, isActive: false)))
        #expect(units.map(\.gpsdAbsence) == ["gpsd has no receiver at \(port)", nil])
        // As gpsd answers when it is asked.
        tell(fix(500, device: other))
        tell(.devices([device(other)]))
        #expect(units.map(\.gpsdAbsence) == ["gpsd has no receiver at \(port)", nil])
        // Plugged in again, it may have another name.
        tell(.device(device("/dev/ttyACM7")))
        #expect(ours() == [["/dev/ttyACM7"], [other]])
        for path in ["/dev/ttyACM7", other] { tell(fix(2000, device: path)) }
        tell(.devices([device("/dev/ttyACM7"), device(other)]))
        #expect(units.map(\.gpsdAbsence) == [nil, nil])
        tell(.devices([]))
        #expect(
            units.map(\.gpsdAbsence) == ["gpsd has no receiver at /dev/ttyACM7", "gpsd has no receiver at \(other)"])
    }

    @Test("a unit without a receiver says so, and is not the last that there is")
    func absence() {
        #expect(decoder([]).gpsdAbsence == "gpsd has no receiver")
        #expect(decoder([port], unit: 1).gpsdAbsence == "gpsd has no receiver for unit 1")
        #expect(decoder([port], path: "/dev/gps9").gpsdAbsence == "gpsd has no receiver at /dev/gps9")
        #expect(decoder(["/dev/pps0"]).gpsdAbsence == "gpsd has no receiver")
        let untold = ReceiverDecoder(notBefore: start)
        #expect(untold.gpsdAbsence == nil)
    }

    @Test("a receiver of which nothing is told from one list to the next is silent, until something is")
    func silence() {
        var decoder = decoder([port, other])
        _ = said(&decoder, [fix(0), fix(0, device: other), .devices([device(port), device(other)])])
        #expect(decoder.gpsdAbsence == nil)
        _ = said(&decoder, [fix(1, device: other), .devices([device(port), device(other)])])
        #expect(decoder.gpsdAbsence == "gpsd hears nothing from \(port)")
        #expect(!decoder.hasFix)
        _ = said(&decoder, [fix(2)])
        #expect(decoder.gpsdAbsence == nil)
    }

    @Test("the model is that of its own receiver")
    func model() {
        var decoder = decoder([port, other], unit: 0)
        _ = said(
            &decoder,
            [.device(device(other, "SiRF")), .device(device(port, "u-blox")), .device(device("/dev/pps0", "PPS"))])
        #expect(decoder.status.model == "u-blox")
    }

    // MARK: - Whose pulses

    @Test(
        "a pulse device has the pulses of the one receiver, or of the one whose line names it",
        arguments: [
            ([port, "/dev/pps0"], nil, nil, true), (["/dev/pps0", port], nil, nil, true),
            ([port, "/dev/pps0"], port, nil, true), ([port, "/dev/pps0"], port, "/dev/pps0", true),
            ([port, "/dev/pps0"], nil, "/dev/pps1", false),
            // By the path of a pulse unit (127.127.46.128).
            ([port, "/dev/pps0"], "/dev/pps0", nil, true),
            ([port, other, "/dev/pps0"], nil, nil, false), ([port, other, "/dev/pps0"], nil, "/dev/pps0", true),
            ([port, other, "/dev/pps0"], port, "/dev/pps0", true),
        ] as [([String], String?, String?, Bool)])
    func pulses(devices: [String], path: String?, pulsePath: String?, believed: Bool) {
        var decoder = decoder(devices, path: path, pulsePath: pulsePath)
        _ = said(&decoder, [fix(0)])
        let isBelieved = decoder.believesPulses(of: "/dev/pps0")
        #expect(isBelieved == believed)
    }

    @Test("a pulse that the line and a pulse device tell is taken once, and by the line when the other has gone")
    func twice() {
        var decoder = decoder([port, "/dev/pps0"])
        _ = said(&decoder, [fix(0)])
        #expect(believes(decoder, port))
        _ = decoder.believesPulses(of: "/dev/pps0")
        #expect(!believes(decoder, port))
        #expect(!believes(decoder, "/dev/pps1"))
        _ = said(&decoder, [.device(device("/dev/pps0", isActive: false))])
        #expect(believes(decoder, port))
    }

    @Test("the pulses of a receiver's own line are its own; those of another are not")
    func ownPulses() {
        var decoder = decoder([port, other], unit: 1)
        _ = said(&decoder, [fix(0, device: other)])
        #expect(believes(decoder, other))
        #expect(!believes(decoder, port))
        #expect(believes(decoder, nil))
    }

    // MARK: - What it says

    @Test("the place is told as exactly as is asked for")
    func place() {
        let report = GPSDReport.fix(
            GPSDFix(
                device: port, time: start, isLeapSecond: false, mode: .threeDimensional, status: 1, leapSeconds: 18,
                latitude: 52.516275, longitude: 13.377704, height: 79.4))
        var blurred = decoder([port])
        _ = said(&blurred, [report])
        #expect(blurred.status.place == ReceiverStatus.Place(latitude: 52.5, longitude: 13.4))
        var exact = decoder([port])
        exact.holdsExactPlace = true
        _ = said(&exact, [report])
        #expect(exact.status.place == ReceiverStatus.Place(latitude: 52.516275, longitude: 13.377704, height: 79.4))
    }

    @Test("hostile values do not trap, and date no label before what is known", arguments: [1, 2, 3] as [UInt64])
    func hostile(seed: UInt64) {
        var random = RandomSource(seed: seed)
        let paths: [String?] = [nil, "", port, other, "/dev/pps0", "/dev/gps0", String(repeating: "z", count: 127)]
        let numbers = [0, 1, -1, 18, 127, 255, 65_536, Int(Int32.max), Int(Int32.min), .max, .min]
        let doubles = [nil, 0, -0.0, 91, -181, 1e308, -1e308, Double.leastNonzeroMagnitude]
        // What `GPSDLine` and libgps let through: 1970 ... 2242.
        let instants = [0, 1, 1_795_229_047, 2_147_483_647, 4_102_444_800, (1 << 33) - 1].map {
            Instant.unixEpoch + .seconds($0)
        }
        func path() -> String? { paths.randomElement(using: &random) ?? nil }
        func number() -> Int { numbers.randomElement(using: &random) ?? 0 }
        func double() -> Double? { doubles.randomElement(using: &random) ?? nil }
        func instant() -> Instant { instants.randomElement(using: &random) ?? start }
        func report() -> GPSDReport {
            switch Int.random(in: 0..<8, using: &random) {
            case 0:
                .devices(
                    (0..<number().clamped).map { _ in device(path() ?? "", isActive: Bool.random(using: &random)) })
            case 1: .device(device(path() ?? "", "x", isActive: Bool.random(using: &random)))
            case 2:
                .satellites(
                    GPSDSky(
                        device: path(), dilutions: GPSDDilutions(),
                        satellites: [
                            GPSDSatellite(
                                constellation: .gps, number: number(), signal: double(), isUsed: true,
                                elevation: double(), azimuth: double())
                        ]))
            case 3: .timeOffset(GPSDTimeOffset(device: path(), reference: instant(), clock: instant()))
            case 4: .malformed(.noClass)
            case 5: .version(GPSDVersion(release: "", protocolMajor: number(), protocolMinor: number()))
            default:
                .fix(
                    GPSDFix(
                        device: path(), time: instant(), isLeapSecond: Bool.random(using: &random),
                        mode: GPSDFix.Mode(rawValue: Int.random(in: 0...3, using: &random)) ?? .none, status: number(),
                        leapSeconds: number(), latitude: double(), longitude: double(), height: double()))
            }
        }
        for unit in [0, 1, 127] {
            var decoder = decoder([], unit: unit)
            for _ in 0..<3000 {
                for label in said(&decoder, [report()]).labels { #expect(label.utc >= start - .seconds(3 * 86_400)) }
                _ = decoder.believesPulses(of: path())
                if let place = decoder.status.place { #expect(abs(place.latitude) <= 90) }
            }
        }
    }
}

extension Int {
    /// As many devices as gpsd could list.
    fileprivate var clamped: Int { Swift.min(Swift.max(self, 0), 20) }
}
