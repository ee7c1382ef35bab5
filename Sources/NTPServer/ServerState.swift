import TimeScale

/// Everything about the clock that a reply tells, as of one moment.
///
/// A plain value of fixed size: the core publishes it, the server only reads.
public struct ServerState: Equatable, Sendable {
    /// Leap indicator served.
    public var leapIndicator: LeapIndicator
    /// Stratum served; 16 while unsynchronised, which the wire shows as 0.
    public var stratum: UInt8
    /// Precision of the clock, log₂ s.
    public var precision: Int8
    /// Reference identifier served.
    public var referenceID: ReferenceID
    /// When the clock was last corrected.
    public var referenceTime: Instant
    /// Root delay in seconds, ≥ 0.
    public var rootDelay: Double
    /// Root dispersion in seconds at `asOf`, ≥ 0.
    public var rootDispersion: Double
    /// Growth of the root dispersion, s/s, ≥ 0.
    public var rootDispersionRate: Double
    /// Correction still being slewed, seconds at `asOf`: served time = clock + this.
    public var pendingCorrection: Double
    /// Rate at which the pending correction changes, s/s.
    public var pendingCorrectionRate: Double
    /// The clock's reading that the values above belong to.
    public var asOf: Instant

    /// The state of a clock that nothing is known about: leap 3, stratum 16, INIT.
    public static func unsynchronised(precision: Int8, asOf: Instant) -> ServerState {
        ServerState(
            leapIndicator: .unsynchronised, stratum: 16, precision: precision, referenceID: .initial,
            referenceTime: asOf, rootDelay: 0, rootDispersion: 16, rootDispersionRate: 0, pendingCorrection: 0,
            pendingCorrectionRate: 0, asOf: asOf)
    }

    /// A state with every field given.
    public init(
        leapIndicator: LeapIndicator, stratum: UInt8, precision: Int8, referenceID: ReferenceID,
        referenceTime: Instant, rootDelay: Double, rootDispersion: Double, rootDispersionRate: Double,
        pendingCorrection: Double, pendingCorrectionRate: Double, asOf: Instant
    ) {
        (self.leapIndicator, self.stratum, self.precision) = (leapIndicator, stratum, precision)
        (self.referenceID, self.referenceTime) = (referenceID, referenceTime)
        (self.rootDelay, self.rootDispersion) = (rootDelay, rootDispersion)
        (self.rootDispersionRate, self.pendingCorrection) = (rootDispersionRate, pendingCorrection)
        (self.pendingCorrectionRate, self.asOf) = (pendingCorrectionRate, asOf)
    }

    /// Whether there is time to serve.
    public var isSynchronised: Bool { leapIndicator != .unsynchronised && stratum < 16 }

    /// The best knowledge of UTC when the clock reads a moment near `asOf`.
    public func servedTime(at reading: Instant) -> Instant {
        let age = (reading - asOf).seconds
        return reading + Interval(seconds: pendingCorrection + pendingCorrectionRate * age)
    }

    /// The same state as seen from another clock, which this one runs ahead of.
    ///
    /// - Parameters:
    ///   - moment: the other clock's reading at a moment near `asOf`.
    ///   - offset: this clock less the other one at that moment, seconds.
    ///   - rate: by how much that grows, s/s.
    /// - Returns: the state that serves the same time to whoever reads the other clock.
    public func seen(at moment: Instant, offset: Double, rate: Double) -> ServerState {
        var state = self
        let reading = moment + Interval(seconds: offset)
        state.rootDispersion = rootDispersion(at: reading)
        state.pendingCorrection = offset + (servedTime(at: reading) - reading).seconds
        state.pendingCorrectionRate = pendingCorrectionRate + rate
        state.asOf = moment
        return state
    }

    /// When the leap second is that the state announces, as seen from another clock; `nil` where it announces none.
    ///
    /// - Parameters:
    ///   - moment: the other clock's reading.
    ///   - offset: this clock less the other one, seconds.
    /// - Returns: the end of the UTC day, or a second before it where that is left out.
    public func leapSecond(seenAt moment: Instant, offset: Double) -> Instant? {
        guard leapIndicator == .insertSecond || leapIndicator == .deleteSecond else { return nil }
        let utc = servedTime(at: moment + Interval(seconds: offset))
        let midnight =
            Interval.seconds(86_400 - utc.wholeSeconds % 86_400) - Interval(nanoseconds: utc.nanosecondsOfSecond)
        return moment + midnight - (leapIndicator == .deleteSecond ? .second : .zero)
    }

    /// Root dispersion when the clock reads a moment, seconds; never below its value at `asOf`.
    public func rootDispersion(at reading: Instant) -> Double {
        rootDispersion + rootDispersionRate * max(0, (reading - asOf).seconds)
    }
}
