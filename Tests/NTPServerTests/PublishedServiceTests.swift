import NTPServer
import Testing
import TimeScale

@Suite("The service as threads see it")
struct PublishedServiceTests {
    /// A service all of whose numbers say the same.
    private func service(_ number: Int) -> Service {
        let value = Double(number)
        let state = ServerState(
            leapIndicator: LeapIndicator(rawValue: UInt8(number & 3)) ?? .none, stratum: UInt8(number & 0xff),
            precision: Int8(truncatingIfNeeded: number), referenceID: ReferenceID(bits: UInt32(number)),
            referenceTime: Instant(nanoseconds: Int64(number)), rootDelay: value, rootDispersion: value,
            rootDispersionRate: value, pendingCorrection: value, pendingCorrectionRate: value,
            asOf: Instant(nanoseconds: Int64(number)))
        return Service(state: state, lead: Int64(number), ledSince: Instant(nanoseconds: Int64(number)))
    }

    @Test("what is read is what was published")
    func roundTrip() {
        let published = PublishedService(service(1))
        #expect(published.read() == service(1))
        for number in [2, 3, 255, 1 << 30] {
            published.publish(service(number))
            #expect(published.read() == service(number))
        }
        var odd = service(4)
        odd.state.precision = -25
        odd.state.referenceTime = Instant(nanoseconds: -5)
        odd.lead = -7
        published.publish(odd)
        #expect(published.read() == odd)
    }

    @Test("readers never see parts of two publications")
    func concurrency() async {
        let published = PublishedService(service(0))
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    var last = 0
                    while last < 20_000 {
                        let seen = published.read()
                        let number = Int(seen.lead)
                        guard seen == service(number), number >= last else { return false }
                        last = number
                        // There may be fewer threads than tasks, and the writer is to run as well.
                        await Task.yield()
                    }
                    return true
                }
            }
            group.addTask {
                for number in 1...20_000 {
                    published.publish(service(number))
                    if number % 100 == 0 { await Task.yield() }
                }
                return true
            }
            for await isWhole in group { #expect(isWhole) }
        }
    }

    private static let lead: Int64 = 1_700_000_000_000_000_000

    private func isOf(_ leap: LeapIndicator, change: Int64) -> Bool {
        var service = service(1)
        (service.state.leapIndicator, service.lead) = (leap, Self.lead)
        let monotonic = MonotonicInstant(nanoseconds: 5_000_000_000)
        return service.isOf(
            Instant(nanoseconds: monotonic.nanoseconds + Self.lead + change), monotonic)
    }

    @Test("a clock that has been set since is not the service's")
    func steps() {
        #expect(isOf(.none, change: 0))
        // Two clocks read one after the other.
        #expect(isOf(.none, change: 100_000))
        #expect(isOf(.none, change: -100_000))
        #expect(!isOf(.none, change: 1_000_000))
        #expect(!isOf(.none, change: -1_000_000))
        #expect(!isOf(.none, change: 1_000_000_000))
        #expect(!isOf(.none, change: -1_000_000_000))
        #expect(!isOf(.none, change: .min / 2))
    }

    @Test("an announced leap second is no step")
    func leapSeconds() {
        #expect(isOf(.insertSecond, change: -1_000_000_000))
        #expect(isOf(.insertSecond, change: 0))
        #expect(!isOf(.insertSecond, change: 1_000_000_000))
        #expect(isOf(.deleteSecond, change: 1_000_000_000))
        #expect(!isOf(.deleteSecond, change: -1_000_000_000))
    }

    @Test("after a step nothing is served before the state's maker has taken note")
    func stepsAreFollowed() throws {
        let before = service(1)
        let (now, stepped) = (Instant(nanoseconds: 77), before.lead + 300_000_000)
        let state = service(4).state
        func next(_ isNew: Bool, lead: Int64, known: Int64?) -> Service? {
            before.following(state, isNew: isNew, lead: lead, at: now, knownLead: known)
        }
        // No step: the state is taken over, and stamps of before are good.
        let same = try #require(next(true, lead: before.lead, known: before.lead))
        #expect((same.state, same.lead, same.ledSince) == (state, before.lead, before.ledSince))
        #expect(next(false, lead: before.lead + 1000, known: nil)?.lead == before.lead)
        // A step that the maker does not know of, or with a state from before it.
        #expect(next(true, lead: stepped, known: before.lead) == nil)
        #expect(next(false, lead: stepped, known: stepped) == nil)
        // One that he has seen, or made himself.
        for known in [stepped, nil] as [Int64?] {
            let after = try #require(next(true, lead: stepped, known: known))
            #expect((after.state, after.lead, after.ledSince) == (state, stepped, now))
        }
    }

    @Test("behind a leap second the service goes on without a pause")
    func leapSecondIsFollowed() throws {
        var before = service(1)
        before.state.leapIndicator = .insertSecond
        let behind = before.lead - 1_000_000_000
        #expect(before.isOf(lead: behind))
        var state = service(4).state
        state.leapIndicator = .insertSecond
        let still = before.following(state, isNew: true, lead: behind, at: Instant(nanoseconds: 5), knownLead: behind)
        #expect(still?.isOf(lead: behind) == true)
        state.leapIndicator = .none
        let over = before.following(state, isNew: true, lead: behind, at: Instant(nanoseconds: 5), knownLead: behind)
        #expect(over?.lead == behind)
    }

    @Test("while the kernel is late with a leap second nothing is served; behind it nothing is announced")
    func lateLeapSecond() {
        let (midnight, second) = (Instant(nanoseconds: Self.lead), Interval.second)
        for (leap, moment, step) in [
            (LeapIndicator.insertSecond, midnight, -second), (.deleteSecond, midnight - second, second),
        ] {
            var service = Service(state: service(1).state, lead: 0, ledSince: .unixEpoch, until: moment)
            service.state.leapIndicator = leap
            /// Some milliseconds from the leap second on, after a step or before it.
            func isOf(_ milliseconds: Int64, after step: Interval) -> Bool {
                let realTime = moment + .milliseconds(milliseconds)
                return service.isOf(realTime + step, MonotonicInstant(nanoseconds: realTime.nanoseconds))
            }
            #expect(isOf(-1, after: .zero))
            #expect(!isOf(0, after: .zero) && !isOf(32, after: .zero) && !isOf(5000, after: .zero))
            #expect(isOf(32, after: step) && isOf(1500, after: step))
            #expect(service.state(at: moment - .milliseconds(1)).leapIndicator == leap)
            #expect(service.state(at: moment).leapIndicator == LeapIndicator.none)
        }
    }

    @Test("hostile readings do not trap")
    func extremes() {
        for lead in [Int64.min, -1, 0, .max] {
            for reading in [Int64.min, -1, 0, .max] {
                for monotonic in [Int64.min, 0, .max] {
                    var service = service(1)
                    service.lead = lead
                    _ = service.isOf(Instant(nanoseconds: reading), MonotonicInstant(nanoseconds: monotonic))
                }
            }
        }
    }

    @Test("seen from another clock, the same time is served and the same dispersion")
    func seenFromAnotherClock() {
        // The steered clock is 0.25 s and then 2e-5 s/s ahead of the other, which reads 1000 s less 0.25 s at `asOf`.
        var state = service(1).state
        let asOf = Instant(nanoseconds: 1_000_000_000_000)
        (state.asOf, state.pendingCorrection, state.pendingCorrectionRate) = (asOf, -0.125, 1e-5)
        (state.rootDispersion, state.rootDispersionRate) = (0.001, 1e-6)
        let other = Instant(nanoseconds: 1_000_000_000_000 - 250_000_000)
        let seen = state.seen(at: other, offset: 0.25, rate: 2e-5)
        #expect(seen.servedTime(at: other) == asOf + Interval(seconds: -0.125))
        // 10 s later on the other clock: 10 s · (1 + 2e-5) on the steered one, and 10 s · 1e-5 of the correction more.
        let later = seen.servedTime(at: other + .seconds(10))
        let expected = asOf + Interval(seconds: 10 - 0.125 + 10 * 3e-5)
        #expect((later - expected).magnitude <= Interval(nanoseconds: 5))
        #expect(seen.rootDispersion(at: other + .seconds(100)) == 0.001 + 1e-6 * 100)
    }
}
