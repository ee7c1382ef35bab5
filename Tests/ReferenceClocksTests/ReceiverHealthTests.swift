import ConfigurationLanguage
import Discipline
import Receivers
import SimulatedWorld
import Testing
import TimeScale

@testable import ReferenceClocks

@Suite("What a receiver's messages tell about it")
struct ReceiverHealthTests {
    /// A receiver on a serial line, read each second 0.2 s after it began.
    struct Line {
        var clock = ReferenceClock(
            ReferenceClockConfiguration(driver: .nmea, unit: 0, position: SourcePosition(file: "test", line: 1)),
            earliestDate: start)
        var receiver = ImaginedReceiver()
        var labels: [SecondLabel] = []
        /// The conditions that were to be logged.
        var news: [SourceCondition] = []

        /// What the receiver sends; where it is between two seconds, a sentence that says so.
        private func burst(for moment: Instant) -> [UInt8] {
            let hundredths = moment.nanosecondsOfSecond / 10_000_000
            guard hundredths != 0 else { return receiver.burst(for: moment) }
            let time = CivilTime(moment)
            let clock = ((time.hour * 100 + time.minute) * 100 + time.second) * 100 + Int(hundredths)
            let digits = String(100_000_000 + clock).dropFirst()
            return ImaginedReceiver.sentence(
                "GPRMC,\(digits.prefix(6)).\(digits.suffix(2)),A,4717.1130,N,00833.9150,E,0.00,0.00,201126,,,A")
        }

        /// Reads what is sent in some seconds, which the receiver takes for others.
        mutating func read(_ seconds: Range<Int64>, hasPulses: Bool = false, said: (Int64) -> Double = { Double($0) }) {
            for second in seconds {
                let edge = start + .seconds(second)
                let bytes = burst(for: start + Interval(seconds: said(second)))
                // Bytes at 4800 baud take 2.1 ms each.
                let arrived = edge + .milliseconds(200) + Interval(seconds: Double(bytes.count) / 480)
                var heard: [SecondLabel] = []
                clock.consume(bytes.span, arrived: arrived, now: moment(Double(second) + 0.6)) { heard.append($0) }
                labels += heard
                if hasPulses {
                    clock.deliver(
                        Sample(local: edge, reference: edge), isUsable: true, now: moment(Double(second) + 0.7))
                }
                let condition = clock.takeChangedCondition(now: moment(Double(second) + 0.8))
                if let condition { news.append(condition) }
            }
        }
    }

    @Test("a receiver without a fix is invalid after three seconds, until it has one or the line falls silent")
    func invalid() {
        var line = Line()
        line.read(0..<10)
        line.receiver.hasFix = false
        // One of the last four status sentences vouches for the first two seconds.
        line.read(10..<14)
        #expect(!line.clock.isInvalid(at: moment(14)))
        line.read(14..<20)
        #expect(line.clock.isInvalid(at: moment(20)))
        #expect(line.clock.condition == .invalid("no fix"))
        #expect(!line.clock.isInvalid(at: moment(31)))
        line.receiver.hasFix = true
        line.read(40..<41)
        #expect(!line.clock.isInvalid(at: moment(41)))
    }

    @Test("a line that never said anything is not invalid")
    func silent() {
        let line = Line()
        #expect(!line.clock.isInvalid(at: moment(1000)))
        #expect(!line.clock.isFrozen(at: moment(1000)))
    }

    @Test("while pulses go on, the loss of the fix is said once")
    func invalidWithPulses() {
        var line = Line()
        line.read(0..<10, hasPulses: true)
        line.receiver.hasFix = false
        line.read(10..<60, hasPulses: true)
        #expect(line.news == [.delivering, .invalid("no fix")])
        line.receiver.hasFix = true
        line.read(60..<70, hasPulses: true)
        #expect(line.news == [.delivering, .invalid("no fix"), .delivering])
    }

    @Test("a receiver that repeats the same second is frozen after eight, and thaws with the first that is new")
    func frozen() {
        var line = Line()
        line.read(0..<10, hasPulses: true)
        line.read(10..<17, hasPulses: true) { _ in 9 }
        #expect(!line.clock.isFrozen(at: moment(17)))
        line.read(17..<30, hasPulses: true) { _ in 9 }
        #expect(line.clock.isFrozen(at: moment(30)))
        #expect(line.clock.condition == .frozen)
        #expect(line.labels.count == 10)
        line.read(30..<31, hasPulses: true)
        #expect(!line.clock.isFrozen(at: moment(31)))
        #expect(line.news == [.delivering, .frozen, .delivering])
        #expect(SourceCondition.frozen.description == "the receiver repeats the same second; its data are frozen")
    }

    @Test("a receiver that goes round in a minute that is over is frozen too")
    func loop() {
        var line = Line()
        line.read(0..<60)
        // Twice the same three seconds: never five in a row that advance.
        line.read(60..<90) { Double(20 + $0 % 3) }
        #expect(line.clock.isFrozen(at: moment(90)))
    }

    @Test("a receiver that corrects itself to an earlier time is not frozen")
    func correction() {
        var line = Line()
        line.read(0..<60)
        line.read(60..<90) { Double($0 - 18) }
        #expect(line.news.allSatisfy { $0 != .frozen })
        #expect(line.labels.last?.utc == start + .seconds(89 - 18))
    }

    @Test(
        "labels that advance at another rate are named within 90 s", arguments: [1.01, 0.99, 1.1])
    func wrongRate(rate: Double) {
        var line = Line()
        // Two windows of 30 s.
        line.read(0..<90, hasPulses: true) { Double($0) * rate }
        guard case .labelsAtWrongRate(let measured) = line.clock.condition else {
            Issue.record("\(line.clock.condition)")
            return
        }
        // 0.01 s: the bursts name hundredths of seconds.
        #expect(abs(measured - rate) < 0.001)
        line.read(90..<200, hasPulses: true) { (90 * rate).rounded() + Double($0 - 90) }
        #expect(line.clock.condition == .delivering)
    }

    @Test("jumps and jitter are no rate", arguments: [1.0, 604_800, -3])
    func jumps(jump: Double) {
        var line = Line()
        var random = RandomSource(seed: 5)
        line.read(0..<300) { Double($0) + Double($0 / 100) * jump + 0.04 * random.nextUnit() }
        #expect(line.news.allSatisfy { if case .labelsAtWrongRate = $0 { false } else { true } })
    }

    @Test("a numbering is provisional for 15 minutes where the receiver was seen without a fix before")
    func provisional() {
        var line = Line()
        line.receiver.hasFix = false
        line.read(0..<5)
        #expect(!line.clock.isProvisional(at: moment(5)))
        line.receiver.hasFix = true
        line.read(5..<6)
        #expect(line.clock.isProvisional(at: moment(6)))
        #expect(line.clock.isProvisional(at: moment(900)))
        #expect(!line.clock.isProvisional(at: moment(906)))
        var known = Line()
        known.read(0..<5)
        known.receiver.hasFix = false
        known.read(5..<20)
        known.receiver.hasFix = true
        known.read(20..<30)
        #expect(!known.clock.isProvisional(at: moment(30)))
    }

    @Test(
        "weeks are told in weeks",
        arguments: [
            (604_800, "+1 week"), (-1_209_600, "-2 weeks"), (604_801, "+604801 s"), (1, "+1 s"),
        ])
    func words(seconds: Int, text: String) {
        #expect(
            SourceCondition.mislabelled(seconds: seconds).description
                == "labels are \(text) off the pulses they number; labels ignored")
    }

    /// 2009-11-20, as a release of that year would have been, and a clock that has been locked until 2029-11-20. On the
    /// next day the receiver is replaced by one that has rolled over: it says 2029-11-21 less 1024 weeks, 2010-04-07,
    /// which is later than the release.
    @Test("a receiver that rolls over after years of running is unfolded")
    func rollover() throws {
        let release = CivilTime(year: 2009, month: 11, day: 20)?.instant
        let today = CivilTime(year: 2029, month: 11, day: 21)?.instant
        let (earliest, now) = (try #require(release), try #require(today))
        func label(isFollowed: Bool) throws -> SecondLabel {
            var line = Line()
            line.clock = ReferenceClock(line.clock.configuration, earliestDate: earliest)
            if isFollowed { line.clock.notBefore(now - .seconds(86_400)) }
            // An earlier date does not take it back.
            line.clock.notBefore(earliest - .second)
            line.clock.deviceOpened()
            line.read(0..<1) { _ in (now - GNSSWeek.rollover - start).seconds }
            return try #require(line.labels.first)
        }
        #expect(try label(isFollowed: true).utc == now)
        #expect(try label(isFollowed: true).weekRollovers == 1)
        #expect(try label(isFollowed: false).utc == now - GNSSWeek.rollover)
    }
}
