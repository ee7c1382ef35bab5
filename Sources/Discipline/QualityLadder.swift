import TimeScale

/// The quality of the time that is served (architecture §5).
public enum QualityState: String, Sendable, CaseIterable {
    /// Nothing proven yet: leap 3, stratum 0 on the wire.
    case starting
    /// An accepted reference.
    case locked
    /// Signal lost, and the bound of the error is within what `holdover` allows: served as before.
    case holdover
    /// Signal lost; the local clock is served at its configured stratum.
    case local
    /// Signal lost, and no local clock is configured: leap 3, stratum 0 on the wire.
    case unsynchronised
}

/// Under which conditions the local clock may be served.
public struct LocalService: Equatable, Sendable {
    /// Stratum advertised, 1 ... 15.
    public let stratum: UInt8
    /// Reference identifier advertised.
    public let referenceID: ReferenceID
    /// After how long without ever having been locked it is served; `nil` for never.
    ///
    /// `local stratum` waits for ever; ntpd's LOCAL driver waits `tos orphanwait`, 300 s.
    public let waitBeforeFirstLock: Interval?

    /// A local clock to fall back to.
    public init(stratum: UInt8, referenceID: ReferenceID = .local, waitBeforeFirstLock: Interval?) {
        (self.stratum, self.referenceID) = (stratum, referenceID)
        self.waitBeforeFirstLock = waitBeforeFirstLock
    }
}

/// Climbs and descends between the states of quality, and says why.
public struct QualityLadder: Sendable {
    /// A change of state.
    public struct Transition: Equatable, Sendable {
        /// State before.
        public let from: QualityState
        /// State after.
        public let to: QualityState
        /// Why, in words for the log.
        public let reason: String
    }

    /// What the ladder decides by.
    public struct Conditions: Equatable, Sendable {
        /// Whether a selected reference has delivered within its reach and the estimator has an estimate.
        public let hasReference: Bool
        /// Whether the clock may be served as before without a reference: `holdover` is configured, and not used up.
        public let isHoldoverAllowed: Bool
        /// Whether the clock's seconds can be relied on: not after somebody else has set it.
        public let isClockTrusted: Bool
        /// Time since the program began.
        public let uptime: Interval
        /// The selected reference's name, and what is wrong where there is none.
        public let remark: String

        /// Conditions of one moment.
        public init(
            hasReference: Bool, isHoldoverAllowed: Bool = false, isClockTrusted: Bool, uptime: Interval, remark: String
        ) {
            (self.hasReference, self.isHoldoverAllowed) = (hasReference, isHoldoverAllowed)
            self.isClockTrusted = isClockTrusted
            (self.uptime, self.remark) = (uptime, remark)
        }
    }

    /// The state now.
    public private(set) var state = QualityState.starting
    /// Whether it was ever locked, and the clock not disturbed since.
    public private(set) var wasLocked = false
    private let local: LocalService?

    /// A ladder that ends at the local clock where one is given.
    public init(local: LocalService?) {
        self.local = local
    }

    /// Takes the step that the conditions ask for, if any.
    public mutating func update(_ conditions: Conditions) -> Transition? {
        if !conditions.isClockTrusted { wasLocked = false }
        let next = nextState(conditions)
        guard next != state else { return nil }
        defer {
            state = next
            wasLocked = wasLocked || next == .locked
        }
        return Transition(from: state, to: next, reason: reason(for: next, conditions))
    }

    private func nextState(_ conditions: Conditions) -> QualityState {
        if conditions.hasReference { return .locked }
        guard wasLocked else {
            guard conditions.isClockTrusted, let local, let wait = local.waitBeforeFirstLock, conditions.uptime >= wait
            else { return .starting }
            return .local
        }
        // Holdover is not begun again once it was used up: only a reference ends what comes after.
        if conditions.isHoldoverAllowed, state == .locked || state == .holdover { return .holdover }
        return local == nil ? .unsynchronised : .local
    }

    private func reason(for next: QualityState, _ conditions: Conditions) -> String {
        switch next {
        case .locked: "following \(conditions.remark)"
        case .holdover: "reference lost (\(conditions.remark)), the clock alone is good enough"
        case .local where state == .holdover: "holdover used up (\(conditions.remark)), serving the local clock"
        case .unsynchronised where state == .holdover: "holdover used up (\(conditions.remark)), no local clock"
        case .local where !wasLocked: "no reference since the start (\(conditions.remark)), serving the local clock"
        case .local: "reference lost (\(conditions.remark)), serving the local clock"
        case .unsynchronised: "reference lost (\(conditions.remark)), no local clock is configured"
        case .starting: conditions.remark
        }
    }
}
