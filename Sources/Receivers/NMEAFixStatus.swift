import TimeScale

/// What the latest status sentences (RMC, GGA, GLL, GNS) said about the receiver's solution.
struct NMEAFixStatus: Sendable {
    private struct Entry {
        var timeOfDay: Interval?
        var isValid = false
    }

    /// How long a status sentence vouches for sentences without one: 60 s.
    ///
    /// A receiver that sends status at all sends it every few seconds; one that was told to stop says nothing more.
    static let lifetime = Interval.seconds(60)

    /// The last four sentences, the newest at `newest`.
    private var recent = [4 of Entry](repeating: Entry())
    private var newest = 0
    private var count = 0

    /// Whether one of the last four status sentences says that there is a fix.
    ///
    /// Four, because the four kinds may disagree for ever (in timing mode some receivers send GGA without a fix and RMC
    /// with one), and the answer should not change several times a second.
    var hasFix: Bool {
        for index in recent.indices where recent[index].isValid { return true }
        return false
    }

    /// Takes note of a status sentence.
    ///
    /// - Parameters:
    ///   - isValid: whether it vouches for its solution.
    ///   - timeOfDay: its time of day; `nil` where it is blank or cannot be read.
    mutating func note(isValid: Bool, timeOfDay: Interval?) {
        newest = (newest + 1) % recent.count
        recent[newest] = Entry(timeOfDay: timeOfDay, isValid: isValid)
        count = min(count + 1, recent.count)
    }

    /// Proves that the receiver had a fix at a time of day: by the status sentence of that time, else by the latest one.
    ///
    /// - Parameter timeOfDay: time since midnight, 0 ..< 86 401 s.
    /// - Throws: `MessageRejection.noFix` where the status is void, `.noStatus` where there is none or it is too old.
    func vouch(for timeOfDay: Interval) throws(MessageRejection) {
        guard count > 0 else { throw .noStatus }
        var entry = recent[newest]
        for age in 0..<count {
            let candidate = recent[(newest + recent.count - age) % recent.count]
            guard candidate.timeOfDay == timeOfDay else { continue }
            entry = candidate
            break
        }
        guard entry.isValid, let since = entry.timeOfDay else { throw .noFix }
        guard since.distanceAroundClock(to: timeOfDay) <= Self.lifetime else { throw .noStatus }
    }
}

extension Interval {
    /// The shortest way between two times of day, over midnight if need be: 0 ... 12 h.
    fileprivate func distanceAroundClock(to other: Interval) -> Interval {
        let distance = (other - self).magnitude
        return min(distance, (.seconds(86_400) - distance).magnitude)
    }
}
