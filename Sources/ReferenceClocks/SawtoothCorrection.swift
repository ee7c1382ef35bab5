import Receivers
import TimeScale

/// What a receiver has told about pulses to come.
struct SawtoothForecast: Sendable {
    /// More are never wanted: a receiver tells about the next pulse only.
    private static let most = 4
    /// Largest figure that can be true, seconds: half a period of a receiver's clock, the slowest of which ticks at 1 MHz.
    private static let largest = 1e-6
    /// How exactly a pulse's second must be named, seconds: pulses may be meant to come a little beside it.
    private static let tolerance = 1e-3

    private var coming: [PulseSawtooth] = []

    /// Takes in what the receiver says about one pulse; the last word about it counts.
    mutating func note(_ sawtooth: PulseSawtooth) {
        let isPossible = sawtooth.correction.map { abs($0) <= Self.largest } ?? true
        coming.removeAll { $0.second == sawtooth.second }
        coming.append(isPossible ? sawtooth : PulseSawtooth(second: sawtooth.second, correction: nil))
        if coming.count > Self.most { coming.removeFirst() }
    }

    /// What is to be added to the stamp of the pulse that begins a second, seconds; `nil` where nothing was said.
    func correction(ofPulseAt second: Instant) -> Double? {
        coming.first { abs(($0.second - second).seconds) < Self.tolerance }?.correction
    }
}

/// Corrects pulses by what their receiver says about each, with the sign that the pulses themselves show.
///
/// A receiver's documents rarely say which way its figure counts, and nothing says whether the pulses that another source
/// stamps are those of the receiver that speaks. So the changes of the offset are compared with the changes of the figure:
/// the slope of the one over the other is +1 where the figure belongs to the stamp, −1 where its sign is the other, and 0
/// where they have nothing to do with each other. Changes of the second order are taken, in which neither an offset nor a
/// frequency counts. Until the slope is certain, nothing is corrected: where it stays uncertain, the stamps are so coarse
/// that the correction would not show either.
struct SawtoothCorrection: Sendable {
    /// Standard deviations of the slope within which nothing is decided.
    private static let certainty = 4.0
    /// Fewest changes that decide.
    private static let fewest = 24.0
    /// Changes are forgotten over this many of them: 17 minutes at one a second.
    private static let memory = 1000.0
    /// Changes larger than this many mean ones are accidents of the stamp.
    private static let wild = 4.0
    /// Pulses that follow each other: their seconds are 1 s apart to this, seconds.
    private static let tolerance = 1e-3

    /// +1 or −1: how the figure counts; 0 while nothing is decided, and where it does not belong to the pulses.
    private(set) var sign = 0.0
    /// Sums over the changes: their count, figure × figure, figure × offset, offset × offset.
    private var sums = (count: 0.0, figures: 0.0, mixed: 0.0, offsets: 0.0)
    /// The last pulses: second, figure and offset, the latest at the end; two at most.
    private var last: [(second: Instant, figure: Double, offset: Double)] = []

    /// Whether it is certain what the figures are to the pulses; before that, nothing is corrected.
    private(set) var isDecided = false

    /// Whether figures have come with pulses lately.
    var isFed: Bool { sums.count > 0 }

    /// Learns from a pulse, and says by how much it is to be moved.
    ///
    /// - Parameters:
    ///   - second: the second that it begins.
    ///   - offset: reference − stamp, seconds, without any correction.
    ///   - figure: what the receiver says is to be added to the stamp, seconds; `nil` where it says nothing.
    /// - Returns: what is to be added to the stamp, seconds.
    mutating func take(second: Instant, offset: Double, figure: Double?) -> Double {
        guard let figure else {
            last.removeAll(keepingCapacity: true)
            return 0
        }
        if let latest = last.last, abs((second - latest.second).seconds - 1) > Self.tolerance {
            last.removeAll(keepingCapacity: true)
        }
        if last.count == 2 {
            learn(
                figure: figure - 2 * last[1].figure + last[0].figure,
                offset: offset - 2 * last[1].offset + last[0].offset)
            last.removeFirst()
        }
        last.append((second, figure, offset))
        return sign * figure
    }

    /// Forgets the pulses but not the sign: the clock was stepped.
    mutating func restart() { last.removeAll() }

    private mutating func learn(figure: Double, offset: Double) {
        let isKnown = sums.count >= Self.fewest
        let keep = 1 - 1 / Self.memory
        if isKnown, offset * offset > Self.wild * Self.wild * sums.offsets / sums.count {
            // Forgotten too, so that a lasting change is not taken for accidents for ever.
            sums = (sums.count * keep, sums.figures * keep, sums.mixed * keep, sums.offsets * keep)
            return
        }
        sums = (
            sums.count * keep + 1, sums.figures * keep + figure * figure, sums.mixed * keep + figure * offset,
            sums.offsets * keep + offset * offset
        )
        guard isKnown, sums.figures > 0 else { return }
        let slope = sums.mixed / sums.figures
        let rest = max(sums.offsets - slope * sums.mixed, 0) / sums.count
        // Second differences of independent errors are correlated: −2/3 and 1/6, so that a slope scatters 1.4 times as
        // much as with independent ones at most.
        let deviation = 1.4 * (rest / sums.figures).squareRoot()
        if abs(slope) > Self.certainty * deviation, abs(slope) > 0.5 {
            (sign, isDecided) = (slope > 0 ? 1 : -1, true)
        } else if abs(slope) < 0.5, Self.certainty * deviation < 0.5 {
            (sign, isDecided) = (0, true)
        }
    }
}
