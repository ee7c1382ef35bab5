import SimulatedWorld
import Testing
import TimeScale

@testable import ReferenceClocks

/// A card that stamps pulses as bcm-phy-ptp has the PHY of a Compute Module 4 do it (drivers/net/phy/bcm-phy-ptp.c).
///
/// The driver looks for a stamp every HZ/4, which came to 252 ms (raspberrypi/linux #5231); who reads the clock takes what
/// waits for it with him, and while he reads nothing is stamped, nor fetched.
private struct PolledCard {
    static let poll = 0.25199
    /// One reading, seconds: CM4 1.7 ms, CM5 3.1 ms.
    var readingTime = 0.0017
    /// Whether a pulse comes at each whole second.
    var hasSignal = true
    private(set) var now: Double
    private var nextPoll: Double
    private var nextPulse: Double
    private var waiting: Double?
    /// Stamps fetched by the driver.
    private var fetched: [Double] = []

    /// A card that was asked for stamps at some time after 0.
    init(start: Double) { (now, nextPoll, nextPulse) = (start, start, start.rounded(.up)) }

    /// Lets time go by until there are stamps or an instant has come.
    mutating func wait(until end: Double) {
        while fetched.isEmpty, min(nextPoll, nextPulse) < end {
            now = max(now, min(nextPoll, nextPulse))
            if nextPulse <= nextPoll {
                if hasSignal { waiting = nextPulse }
                nextPulse += 1
            } else {
                if let stamp = waiting { fetched.append(stamp) }
                waiting = nil
                nextPoll += Self.poll
            }
        }
        if fetched.isEmpty { now = max(now, end) }
    }

    /// A row of readings.
    mutating func read(rows: Int) {
        now += Double(rows) * readingTime
        waiting = nil
        while nextPulse < now { nextPulse += 1 }
        while nextPoll < now { nextPoll += Self.poll }
    }

    mutating func takeStamps() -> [Double] {
        defer { fetched = [] }
        return fetched
    }
}

@Suite("When a card that stamps pulses is attended to")
struct StampScheduleTests {
    private static func instant(_ seconds: Double) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: Int64((seconds * 1e9).rounded()))
    }

    /// What the daemon does with a card until some time.
    ///
    /// - Returns: the pulses whose stamps came, and when the card was asked anew.
    private func attend(
        _ card: inout PolledCard, _ schedule: inout StampSchedule, until end: Double, rows: Int = 5
    ) -> (pulses: [Double], renewals: [Double]) {
        var (pulses, renewals): ([Double], [Double]) = ([], [])
        while card.now < end {
            card.wait(until: min(end, Double(schedule.due.nanoseconds) / 1e9))
            let now = Self.instant(card.now)
            let stamps = card.takeStamps()
            if !stamps.isEmpty, schedule.wantsReading(now: now) { card.read(rows: rows) }
            for stamp in stamps {
                schedule.noteStamp(now: now)
                pulses.append(stamp)
            }
            if schedule.wantsRenewal(now: now) { renewals.append(card.now) }
        }
        return (pulses, renewals)
    }

    @Test("reading a clock that shares its register with the stamps costs none of them", arguments: [0.0017, 0.0031])
    func polled(readingTime: Double) {
        var random = RandomSource(seed: 1)
        for _ in 0..<50 {
            let start = 1 + random.nextUnit()
            var card = PolledCard(start: start)
            card.readingTime = readingTime
            var schedule = StampSchedule(now: Self.instant(start))
            let (pulses, renewals) = attend(&card, &schedule, until: 600)
            // The last one may not have been fetched yet.
            #expect(pulses.count >= 597 && renewals.isEmpty, "start \(start)")
        }
    }

    @Test("two edges of a pulse take one reading, the next pulse another")
    func freshness() {
        var schedule = StampSchedule(now: Self.instant(0))
        let wanted = [1, 1.1, 1.49, 2, 2.1, 3, 3.51].map { schedule.wantsReading(now: Self.instant($0)) }
        #expect(wanted == [true, false, false, true, false, true, true])
    }

    @Test("without stamps the card is asked after 5 s, then ever more seldom, and soon again once one has come")
    func renewals() {
        var card = PolledCard(start: 0.5)
        card.hasSignal = false
        var schedule = StampSchedule(now: Self.instant(0.5))
        let night = attend(&card, &schedule, until: 3000)
        // 5, 10, 20 ... 320 s, then 600 s apart.
        #expect(night.renewals == [5.5, 15.5, 35.5, 75.5, 155.5, 315.5, 635.5, 1235.5, 1835.5, 2435.5])
        card.hasSignal = true
        let day = attend(&card, &schedule, until: 3010)
        #expect(day.pulses.count >= 9 && day.renewals.isEmpty)
        card.hasSignal = false
        let lost = attend(&card, &schedule, until: 3030)
        #expect(lost.renewals.count == 2)
        #expect(lost.renewals.first.map { $0 > 3014 && $0 < 3016 } ?? false)
    }
}
