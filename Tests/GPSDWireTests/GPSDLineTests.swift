import GPSDWire
import SimulatedWorld
import Testing
import TimeScale

@Suite("What is read from a line of gpsd's")
struct GPSDLineTests {
    private func line(_ text: String) throws(GPSDLineError) -> GPSDLine {
        let bytes = Array(text.utf8)
        return try GPSDLine(bytes.span)
    }

    /// What keeps a line, or its times, from being read.
    private func problem(_ text: String) -> GPSDLineError? {
        do throws(GPSDLineError) {
            let line = try line(text)
            if line.kind == .pulse { _ = try line.pulse() }
            if line.kind == .timeOffset { _ = try line.timeOffset() }
            return nil
        } catch {
            return error
        }
    }

    /// As gpsd 3.22 prints it (gpsd/gpsd.c, with a blank that is one too many) with the qErr of 3.21 on.
    @Test("a pulse is read, stray blanks and all")
    func pulse() throws {
        let line = try line(
            #"{"class":"PPS","device":"/dev/pps0","real_sec":1795229047, "real_nsec":0,"clock_sec":1795229046,"#
                + #""clock_nsec":999876543,"precision":-20,"qErr":-4321}"#)
        #expect(
            try line.pulse()
                == GPSDPulse(
                    device: "/dev/pps0", reference: try #require(Instant(seconds: 1_795_229_047)),
                    clock: try #require(Instant(seconds: 1_795_229_046, nanosecondsOfSecond: 999_876_543)),
                    precision: -20, quantisationError: -4321))
    }

    /// reference/libgps.md §4.1 and §10: what libgps 3.22 takes for a pulse.
    @Test("the time of sentences is read as such")
    func timeOffset() throws {
        let line = try line(
            #"{"class":"TOFF","device":"/dev/pts/3","real_sec":1233174940, "real_nsec":1191628,"#
                + #""clock_sec":1795226400,"clock_nsec":5}"#)
        #expect(line.kind == .timeOffset)
        #expect(
            try line.timeOffset()
                == GPSDTimeOffset(
                    device: "/dev/pts/3",
                    reference: try #require(Instant(seconds: 1_233_174_940, nanosecondsOfSecond: 1_191_628)),
                    clock: try #require(Instant(seconds: 1_795_226_400, nanosecondsOfSecond: 5))))
    }

    /// 2 428 001 514 s is 2046-12-09T20:51:54Z; libgps makes −1 866 965 782 of it.
    @Test("seconds beyond 2038 stay what they are")
    func beyond2038() throws {
        let line = try line(
            #"{"class":"PPS","real_sec":2428001514,"real_nsec":0,"clock_sec":2428001514,"clock_nsec":0}"#)
        #expect(try line.pulse().reference.description == "2046-12-09T20:51:54.000Z")
        #expect(try line.pulse().precision == nil)
        #expect(try line.pulse().quantisationError == nil)
    }

    @Test("what other versions add, in any order and with any nesting, is passed over")
    func unknownMembers() throws {
        let line = try line(
            #" { "class" : "PPS" , "shm":"NTP1","x":{"a":[1,{"]":"}"}],"class":"TPV"},"y":-1.5e-3,"z":null,"t":true,"#
                + #""clock_nsec":4,"clock_sec":3,"real_nsec":2,"real_sec":1,"qErr":9000001,"precision":-99,"e":[]} "#)
        let pulse = try line.pulse()
        #expect(pulse.reference.nanoseconds == 1_000_000_002)
        #expect(pulse.clock.nanoseconds == 3_000_000_004)
        // Beyond what they can be: not known, and no reason to lose the pulse.
        #expect(pulse.precision == nil)
        #expect(pulse.quantisationError == nil)
        #expect(pulse.device == nil)
    }

    @Test(
        "each class has its kind",
        arguments: [
            ("TPV", .fix), ("SKY", .sky), ("PPS", .pulse), ("TOFF", .timeOffset), ("DEVICE", .device),
            ("DEVICES", .devices), ("VERSION", .version), ("ERROR", .error), ("WATCH", .other), ("tpv", .other),
            ("", .other),
        ] as [(String, GPSDLine.Kind)])
    func kinds(name: String, kind: GPSDLine.Kind) throws {
        #expect(try line(#"{"class":"\#(name)"}"#).kind == kind)
    }

    @Test("second 60 and the presence of satellites are seen, which libgps does not tell")
    func flags() throws {
        #expect(try line(#"{"class":"TPV","mode":3,"time":"2016-12-31T23:59:60.000Z"}"#).isLeapSecond)
        #expect(try line(#"{"class":"TPV","mode":3,"time":"2016-12-31T23:59:59.060Z"}"#).isLeapSecond == false)
        #expect(try line(#"{"class":"TPV","time":"60"}"#).isLeapSecond == false)
        #expect(try line(#"{"class":"SKY","satellites":[]}"#).hasSatellites)
        #expect(try line(#"{"class":"SKY","hdop":1.0,"nSat":4}"#).hasSatellites == false)
    }

    @Test("a device that has gone is told from one that is there")
    func closedDevice() throws {
        let gone = try line(#"{"class":"DEVICE","path":"/dev/pts/3","activated":0}"#)
        #expect(gone.isClosed)
        #expect(gone.device == "/dev/pts/3")
        #expect(try line(#"{"class":"DEVICE","path":"/dev/x","activated":"2026-11-21T10:00Z"}"#).isClosed == false)
        #expect(try line(#"{"class":"DEVICE","path":"/dev/x"}"#).isClosed == false)
    }

    @Test("what is not printable does not reach a log")
    func printable() throws {
        #expect(try line("{\"class\":\"TPV\",\"device\":\"/dev/\u{7f}\\u001b\u{e9}x\"}").device == #"/dev/?\u001b??x"#)
    }

    private static let incomplete = GPSDLineError.incomplete
    private static let times = #""real_sec":1,"real_nsec":0,"clock_sec":1,"clock_nsec":0"#

    @Test(
        "malformed lines are refused, with the place",
        arguments: [
            ("", .notAnObject(offset: 0)),
            ("SSH-2.0-OpenSSH_9.2", .notAnObject(offset: 0)),
            ("{}", .noClass),
            ("[1]", .notAnObject(offset: 0)),
            ("{", .notAnObject(offset: 1)),
            (#"{"class"}"#, .notAnObject(offset: 8)),
            (#"{"class":}"#, .notAnObject(offset: 9)),
            (#"{"class":"TPV""#, .notAnObject(offset: 14)),
            (#"{"class":"TPV",}"#, .notAnObject(offset: 15)),
            (#"{"class":"TPV"}}"#, .notAnObject(offset: 15)),
            (#"{"class":"TPV"}{"class":"TPV"}"#, .notAnObject(offset: 15)),
            (#"{"class":"TPV" "mode":3}"#, .notAnObject(offset: 15)),
            (#"{"class":"TP\"#, .notAnObject(offset: 10)),
            ("{\"class\":\"T\u{1}V\"}", .notAnObject(offset: 11)),
            (#"{"class":"SKY","satellites":[{]}}"#, .notAnObject(offset: 30)),
            (#"{"class":"SKY","satellites":[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]}"#, .notAnObject(offset: 44)),
            (#"{"class":"SKY","x":nul}"#, .notAnObject(offset: 19)),
            (#"{"class":"SKY","x":.5}"#, .notAnObject(offset: 19)),
            (#"{"class":7}"#, .noClass),
            (#"{"device":"/dev/a","class":"TPV"}"#, .noClass),
            (#"{"class":"TPV","class":"PPS"}"#, .repeated(offset: 16)),
            (#"{"class":"TPV","device":"a","device":"b"}"#, .repeated(offset: 29)),
            (#"{"class":"PPS","real_sec":1,"real_sec":1}"#, .repeated(offset: 29)),
            (#"{"class":"PPS"}"#, .incomplete),
            (#"{"class":"TOFF","real_sec":1,"real_nsec":0,"clock_sec":1}"#, .incomplete),
            (#"{"class":"PPS","real_sec":"1"}"#, .badNumber(offset: 27)),
            (#"{"class":"PPS","real_sec":1.5}"#, .badNumber(offset: 26)),
            (#"{"class":"PPS","real_sec":1e9}"#, .badNumber(offset: 26)),
            (#"{"class":"PPS","real_sec":-}"#, .badNumber(offset: 26)),
            (#"{"class":"PPS","real_sec":01}"#, .badNumber(offset: 26)),
            (#"{"class":"PPS","real_sec":null}"#, .badNumber(offset: 26)),
            (#"{"class":"PPS","real_sec":9223372036854775808}"#, .badNumber(offset: 26)),
            (#"{"class":"PPS","real_sec":99999999999999999999999}"#, .badNumber(offset: 26)),
            // Whole numbers all, but no times.
            (#"{"class":"PPS","clock_sec":1,"clock_nsec":0,"real_nsec":0,"real_sec":-922337203685477580}"#, incomplete),
            (#"{"class":"PPS","clock_sec":1,"clock_nsec":0,"real_nsec":0,"real_sec":9223372036854775807}"#, incomplete),
            (#"{"class":"PPS","clock_sec":-8000000000,"clock_nsec":0,"real_nsec":0,"real_sec":1}"#, incomplete),
            (#"{"class":"TOFF","clock_sec":-9200000000,"clock_nsec":0,"real_nsec":0,"real_sec":1}"#, incomplete),
            (#"{"class":"PPS","clock_sec":1,"clock_nsec":0,"real_nsec":854775807,"real_sec":9223372036}"#, incomplete),
            (#"{"class":"PPS","clock_sec":8589934592,"clock_nsec":0,"real_nsec":0,"real_sec":1}"#, incomplete),
            (#"{"class":"PPS","real_sec":1,"real_nsec":1000000000,"clock_sec":1,"clock_nsec":0}"#, .incomplete),
            (#"{"class":"TOFF","real_sec":1,"real_nsec":0,"clock_sec":1,"clock_nsec":-1}"#, .incomplete),
        ] as [(String, GPSDLineError)])
    func malformed(text: String, expected: GPSDLineError) {
        #expect(problem(text) == expected)
    }

    @Test("a line cut short anywhere is refused")
    func cuts() {
        let whole = #"{"class":"PPS","device":"/dev/\"x","a":[{"b":-1.0e+3},"c"],\#(Self.times)}"#
        #expect(problem(whole) == nil)
        for length in 0..<whole.utf8.count {
            #expect(problem(String(decoding: whole.utf8.prefix(length), as: UTF8.self)) != nil, "\(length) bytes")
        }
    }

    @Test("random bytes, and bytes of JSON at random, do not trap", arguments: [1, 2, 3] as [UInt64])
    func noise(seed: UInt64) {
        var random = RandomSource(seed: seed)
        let alphabet = Array(#"{{}}[]"",:\0123456789-.eE truefalsn"#.utf8)
        for round in 0..<20_000 {
            let length = Int.random(in: 0..<60, using: &random)
            var bytes = (0..<length).map { _ in
                round % 2 == 0 ? UInt8.random(in: 0...255, using: &random) : alphabet.randomElement(using: &random) ?? 0
            }
            if round % 4 == 1 { bytes = Array(#"{"class":"PPS","real_sec":"#.utf8) + bytes }
            if let line = try? GPSDLine(bytes.span) { _ = try? line.pulse() }
        }
    }
}
