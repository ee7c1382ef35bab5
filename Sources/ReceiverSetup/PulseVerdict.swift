import TimeScale

/// Which edge of a pulse device begins the second, and how good it is.
public struct PulseVerdict: Sendable {
    /// An edge of the signal, as the device names it.
    public enum Edge: Equatable, Sendable {
        /// Mostly the rising one.
        case assert
        /// The other.
        case clear
    }

    /// Why this edge.
    public enum Reason: Equatable, Sendable {
        /// It begins the shorter of the two levels, which lasts so many seconds.
        case shorterLevel(Double)
        /// The levels are equally long; only after this edge do the labels come when labels come.
        case labels
        /// The levels are equally long, and this edge is the steadier one.
        case steadier
        /// The device shows no other edge, so nothing tells whether it is the right one.
        case onlyOne
        /// Nothing tells which edge it is.
        case undecided
    }

    /// Why a device is not used.
    public enum Refusal: Equatable, Sendable {
        /// Not one edge came.
        case silent
        /// Fewer edges came than it takes to judge, so many.
        case tooFew(Int)
        /// Edges come, but not once a second: every so many seconds.
        case irregular(interval: Double)
        /// It is the kernel's own timer, which knows no satellite.
        case kernelTimer
        /// It moves against the receiver's labels, s/s: another oscillator makes it.
        case drifts(Double)
        /// It is not where the pulses of a receiver are, which it moves against (s/s) or is off by (s).
        case disagrees(with: String, offset: Double, drift: Double?)
        /// These pulses and another device's begin different seconds, and the labels go with both.
        case undecided(against: String)
        /// No receiver names its seconds.
        case noReceiver
    }

    /// The device.
    public let pulses: MeasuredPulses
    /// Why it is not used; `nil` where it can be.
    public internal(set) var refusal: Refusal?
    /// The edge that begins the second.
    public internal(set) var edge: Edge
    /// Why it is this one.
    public internal(set) var reason: Reason
    /// What the edges of that kind were like.
    public var count: Int { train.times.count }
    /// From the first of them to the last, seconds.
    public var duration: Double { train.duration }
    /// Jitter of a stamp against the system's clock, standard deviation in seconds; `nil` where too few came.
    public var jitter: Double? { train.jitter }
    /// Seconds without a pulse.
    public var missing: Int { train.missing }
    /// Pulses too many.
    public var extra: Int { train.extra }

    /// The kernel's own timer (pps-ktimer), by the name that its driver gives it.
    private static let kernelTimer = "ktimer"
    /// Levels that differ by less than this from half a second are equally long, seconds.
    private static let leastDifference = 0.05
    /// An edge whose jitter is so many times lower is the steadier one; trailing edges come from a coarser timer.
    private static let steadierFactor = 3.0

    private let trains: (assert: EdgeTrain, clear: EdgeTrain)

    /// The edges of the kind that was chosen.
    var train: EdgeTrain { edge == .assert ? trains.assert : trains.clear }

    /// Looks at the edges of a device.
    ///
    /// - Parameter pulses: what came from it.
    init(_ pulses: MeasuredPulses) {
        self.pulses = pulses
        trains = (EdgeTrain(pulses.asserts), EdgeTrain(pulses.clears))
        (edge, reason) = Self.leadingEdge(trains.assert, trains.clear)
        refusal = Self.refusal(pulses, edge == .assert ? trains.assert : trains.clear)
    }

    /// Lets labels decide where the levels do not.
    ///
    /// - Parameter isPlausible: whether labels come after this train when labels come.
    mutating func decideByLabels(_ isPlausible: (EdgeTrain) -> Bool) {
        guard reason == .undecided || reason == .steadier, trains.clear.isSecondly, trains.assert.isSecondly else {
            return
        }
        switch (isPlausible(trains.assert), isPlausible(trains.clear)) {
        case (true, false): (edge, reason) = (.assert, .labels)
        case (false, true): (edge, reason) = (.clear, .labels)
        default: break
        }
    }

    private static func refusal(_ pulses: MeasuredPulses, _ train: EdgeTrain) -> Refusal? {
        if pulses.name?.hasPrefix(kernelTimer) == true { return .kernelTimer }
        if train.times.isEmpty { return .silent }
        if train.times.count < EdgeTrain.fewest { return .tooFew(train.times.count) }
        return train.isSecondly ? nil : .irregular(interval: train.interval)
    }

    private static func leadingEdge(_ assert: EdgeTrain, _ clear: EdgeTrain) -> (Edge, Reason) {
        guard clear.times.count >= EdgeTrain.fewest else { return (.assert, .onlyOne) }
        guard assert.times.count >= EdgeTrain.fewest else { return (.clear, .onlyOne) }
        guard let asserted = PhaseRelation(of: clear.times, after: assert, leastMove: .infinity)?.centre else {
            return (.assert, .undecided)
        }
        // From −0.05 to 0: the clear edge is almost a second after the assert edge.
        let width = asserted < 0 ? asserted + 1 : asserted
        if width < 0.5 - leastDifference { return (.assert, .shorterLevel(width)) }
        if width > 0.5 + leastDifference { return (.clear, .shorterLevel(1 - width)) }
        guard let first = assert.jitter, let second = clear.jitter else { return (.assert, .undecided) }
        if first * steadierFactor < second { return (.assert, .steadier) }
        if second * steadierFactor < first { return (.clear, .steadier) }
        return (.assert, .undecided)
    }
}
