// HOT PATH
import TimeScale

/// What the threads that serve go by: the state, and the kernel's clock as it ran when the state was made.
public struct Service: Equatable, Sendable {
    /// What is served, as seen from the kernel's clock.
    public var state: ServerState
    /// CLOCK_REALTIME less CLOCK_MONOTONIC, ns; only a step or a leap second changes it.
    public var lead: Int64
    /// Since when the lead is what it is, CLOCK_REALTIME: earlier stamps belong to a clock that has been set since.
    public var ledSince: Instant
    /// Until when the state holds, CLOCK_REALTIME: until the leap second that it announces. The kernel makes its own some
    /// milliseconds late, at a tick of its timer; where the served clock is another one, only a new state knows of it.
    public var until: Instant

    /// By how much two clocks that are read one after the other may seem to part, ns; beyond that the reader was
    /// interrupted in between, and reads again. No step of the clock is so small.
    private static let tolerance: Int64 = 200_000

    /// A service from its parts.
    public init(state: ServerState, lead: Int64, ledSince: Instant, until: Instant = Service.noEnd) {
        (self.state, self.lead, self.ledSince, self.until) = (state, lead, ledSince, until)
    }

    /// A state that holds as long as the clock is not set.
    public static let noEnd = Instant(nanoseconds: .max)

    /// Whether the kernel's clock is still the one that the state belongs to: whoever has set it since, the served time
    /// would be wrong by as much, and by a second while the kernel has yet to make a leap second.
    ///
    /// - Parameters:
    ///   - realTime: CLOCK_REALTIME now.
    ///   - monotonic: CLOCK_MONOTONIC, read just before or after.
    /// - Returns: `true` also behind a leap second that the state announces and the kernel has made.
    public func isOf(_ realTime: Instant, _ monotonic: MonotonicInstant) -> Bool {
        let lead = realTime.nanoseconds &- monotonic.nanoseconds
        return realTime < until ? isOf(lead: lead) : isBehindLeapSecond(lead: lead)
    }

    /// Whether the lead is the service's, before or behind a leap second, ns.
    public func isOf(lead other: Int64) -> Bool { isLead(other, changedBy: 0) || isBehindLeapSecond(lead: other) }

    /// Whether the kernel has made the leap second that the state announces.
    private func isBehindLeapSecond(lead other: Int64) -> Bool {
        switch state.leapIndicator {
        case .insertSecond: isLead(other, changedBy: -1_000_000_000)
        case .deleteSecond: isLead(other, changedBy: 1_000_000_000)
        case .none, .unsynchronised: false
        }
    }

    private func isLead(_ other: Int64, changedBy step: Int64) -> Bool {
        let (change, overflows) = other.subtractingReportingOverflow(lead)
        return !overflows && (change &- step).magnitude < Self.tolerance
    }

    /// What is told at a moment, CLOCK_REALTIME: behind the leap second nothing announces it any more.
    public func state(at realTime: Instant) -> ServerState {
        guard realTime >= until else { return state }
        var state = state
        state.leapIndicator = .none
        return state
    }
}

extension Service {
    /// The service that follows this one.
    ///
    /// Where the kernel's clock has been set, the threads are told so only with a state that was made after that, on the
    /// clock as it is set now: until then they find that the clock is not the service's, and withhold their answers.
    ///
    /// - Parameters:
    ///   - state: what is to be served.
    ///   - isNew: whether the state was made since this service was.
    ///   - lead: CLOCK_REALTIME less CLOCK_MONOTONIC now, ns.
    ///   - now: CLOCK_REALTIME.
    ///   - knownLead: the same as the state's maker has seen it, ns; `nil` where a step does not concern him, or was his.
    ///   - until: until when the state holds.
    /// - Returns: `nil` where the clock has been set and the state's maker cannot have taken note.
    public func following(
        _ state: ServerState, isNew: Bool, lead: Int64, at now: Instant, knownLead: Int64?,
        until: Instant = Service.noEnd
    ) -> Service? {
        var next = self
        (next.state, next.until) = (state, until)
        // Asked of the new state: behind a leap second the old one would still allow for it.
        if next.isOf(lead: lead) { return next }
        (next.lead, next.ledSince) = (lead, now)
        return isNew && knownLead.map { next.isOf(lead: $0) } ?? true ? next : nil
    }
}

/// The service as one thread publishes it and any number of others read it, without a lock.
public final class PublishedService: Sendable {
    private let words: PublishedWords<12>

    /// A first publication.
    public init(_ service: Service) { words = PublishedWords(service.words) }

    /// Replaces the service; by one thread only.
    public func publish(_ service: Service) { words.publish(service.words) }

    /// The service published last.
    public func read() -> Service { Service(words: words.read()) }
}

extension Service {
    /// The fields, a word each, but for the small ones, which share the first.
    fileprivate var words: InlineArray<12, UInt64> {
        let small =
            UInt64(state.leapIndicator.rawValue) << 16 | UInt64(state.stratum) << 8
            | UInt64(UInt8(bitPattern: state.precision))
        return [
            small, UInt64(state.referenceID.bits), UInt64(bitPattern: state.referenceTime.nanoseconds),
            state.rootDelay.bitPattern, state.rootDispersion.bitPattern, state.rootDispersionRate.bitPattern,
            state.pendingCorrection.bitPattern, state.pendingCorrectionRate.bitPattern,
            UInt64(bitPattern: state.asOf.nanoseconds), UInt64(bitPattern: lead),
            UInt64(bitPattern: ledSince.nanoseconds), UInt64(bitPattern: until.nanoseconds),
        ]
    }

    fileprivate init(words: InlineArray<12, UInt64>) {
        state = ServerState(
            leapIndicator: LeapIndicator(rawValue: UInt8(truncatingIfNeeded: words[0] >> 16)) ?? .unsynchronised,
            stratum: UInt8(truncatingIfNeeded: words[0] >> 8), precision: Int8(truncatingIfNeeded: words[0]),
            referenceID: ReferenceID(bits: UInt32(truncatingIfNeeded: words[1])),
            referenceTime: Instant(nanoseconds: Int64(bitPattern: words[2])),
            rootDelay: Double(bitPattern: words[3]), rootDispersion: Double(bitPattern: words[4]),
            rootDispersionRate: Double(bitPattern: words[5]), pendingCorrection: Double(bitPattern: words[6]),
            pendingCorrectionRate: Double(bitPattern: words[7]),
            asOf: Instant(nanoseconds: Int64(bitPattern: words[8])))
        lead = Int64(bitPattern: words[9])
        ledSince = Instant(nanoseconds: Int64(bitPattern: words[10]))
        until = Instant(nanoseconds: Int64(bitPattern: words[11]))
    }
}
