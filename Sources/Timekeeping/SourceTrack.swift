import Discipline
import TimeScale

/// What the timekeeper makes of one source's samples.
struct SourceTrack {
    /// Phase and frequency of the clock as this source shows them.
    var estimator: Estimator
    /// Whether those are pulses; `nil` before the first.
    var isPulse: Bool?
    /// A departure of its samples from what was predicted that no quartz can have made; `nil` while there is none.
    var departure: Departure?
    /// Samples in a row that were not believed.
    var refused = 0
    /// What selection made of it; `nil` where it did not stand for selection.
    var standing: SourceSelection.Standing?
    /// Bound of the last sample's systematic error, seconds.
    var systematicError = 0.0

    /// Samples that have left the prediction.
    struct Departure {
        /// When they left, or were last silent.
        var since: MonotonicInstant
        /// How far they are from where they should be, seconds.
        let offset: Double
        /// How far they have been at most, seconds, ≥ 0.
        let farthest: Double
        /// The delay of the labels that number its pulses as it was before, seconds; `nil` where it is not known.
        let labelDelay: (centre: Double, deviation: Double)?
    }
}
