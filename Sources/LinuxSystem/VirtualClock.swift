import Discipline
import SimulatedWorld
import TimeScale

/// A clock in user space over CLOCK_MONOTONIC_RAW, for runs that must not touch the kernel's.
///
/// Without an oscillator it is the clock of `timeballd -x`: it begins as the system's clock reads and goes its own way
/// from there. With one it is `clock virtual` of the demo: the hardware's counter is taken for true time and an
/// imagined quartz counts it. A class, because reading the clock advances the imagined quartz.
public final class VirtualClock: ClockControl {
    private var steered: SteeredClock
    private var oscillator: Oscillator?
    /// Raw counter when the clock was made.
    private let origin: Int64
    /// An earlier pair of raw counter and CLOCK_REALTIME, which gives the rate between them.
    private var earlier: Pair
    /// Rate of CLOCK_REALTIME over the raw counter, less one.
    private var realTimeRate = 0.0
    private var leapIndicator = LeapIndicator.none

    /// Over which the rate is taken, ns: the imagined quartz changes each second, and a reading has 1 ns.
    private static let rateSpan: Int64 = 100_000_000

    /// One moment on two clocks.
    private struct Pair {
        let raw: Int64
        let realTime: Instant
    }

    /// Kernel MAXFREQ, as the clock it stands for.
    public let largestFrequencyCorrection = SteeredClock.largestFrequencyCorrection

    /// Always `nil`: the clock began with this program.
    public let inheritedMaximumError: Double? = nil

    /// A clock that differs from the system's by `offset` now.
    ///
    /// - Parameters:
    ///   - offset: positive sets it ahead of CLOCK_REALTIME.
    ///   - oscillator: what counts; `nil` counts as the hardware does.
    public init(offset: Interval, oscillator: Oscillator?) {
        let pair = Self.pair()
        (self.oscillator, earlier, origin) = (oscillator, pair, pair.raw)
        steered = SteeredClock(count: 0, reading: pair.realTime + offset)
    }

    /// What the clock reads now.
    public func now() -> Instant { reading(atRaw: KernelClock.rawCount()) }

    /// CLOCK_MONOTONIC goes its own way.
    public let isMonotonicSteered = false

    /// CLOCK_MONOTONIC.
    public func monotonicNow() -> MonotonicInstant { KernelClock.monotonic() }

    /// This clock's reading at a CLOCK_REALTIME stamp of the last seconds, to about 100 ns.
    ///
    /// The stamp's age is taken on CLOCK_REALTIME and turned into raw time by the rate between the two, as both have
    /// gone since an earlier call.
    public func reading(atKernelTime stamp: Instant) -> Instant {
        let pair = Self.pair()
        updateRate(pair)
        // A stamp in the future must not drive the imagined quartz ahead.
        guard stamp <= pair.realTime else { return reading(atRaw: pair.raw) + (stamp - pair.realTime) }
        let age = Double((pair.realTime - stamp).nanoseconds)
        return reading(atRaw: pair.raw - Int64((age - age * realTimeRate).rounded()))
    }

    /// This clock less the kernel's, from the rate at which it counts now.
    public func differenceFromKernel(at stamp: Instant) -> (offset: Double, rate: Double) {
        let reading = reading(atKernelTime: stamp)
        let raw = KernelClock.rawCount()
        // Both readings belong to the correction in force, also where it began in between.
        let gained = (self.reading(atRaw: raw) - self.reading(atRaw: raw - Self.rateSpan)).nanoseconds - Self.rateSpan
        let rate = Double(gained) / Double(Self.rateSpan) - realTimeRate
        // A leap second in between is no rate.
        return ((reading - stamp).seconds, abs(rate) < 1e-3 ? rate : 0)
    }

    /// The frequency correction in force, s/s; positive makes the clock faster.
    public var frequencyCorrection: Double { steered.frequencyCorrection }

    /// No other program can change it.
    public func readFrequencyCorrection() -> Double { frequencyCorrection }

    /// Sets the frequency correction from now on; never fails.
    ///
    /// - Parameter correction: s/s, positive makes the clock faster.
    /// - Returns: the correction rounded as the kernel does.
    public func setFrequencyCorrection(_ correction: Double) -> Double {
        steered.setFrequencyCorrection(correction, at: count(atRaw: KernelClock.rawCount()))
    }

    /// Steps the clock; never fails.
    ///
    /// - Parameter interval: positive sets it forward.
    /// - Returns: the same interval.
    public func step(by interval: Interval) -> Interval {
        steered.step(by: interval)
        return interval
    }

    /// Arms the leap second; no other program reads this clock, so nobody else is told.
    public func setStatus(_ status: ClockStatus) {
        guard status.leapIndicator != leapIndicator else { return }
        leapIndicator = status.leapIndicator
        steered.setLeap(leapIndicator, at: count(atRaw: KernelClock.rawCount()))
    }

    private func reading(atRaw raw: Int64) -> Instant { steered.reading(at: count(atRaw: raw)) }

    private func count(atRaw raw: Int64) -> Int64 {
        let elapsed = raw - origin
        return oscillator?.count(at: elapsed) ?? elapsed
    }

    /// Learns the rate over at least a second; a step of CLOCK_REALTIME in between is told by its size.
    private func updateRate(_ pair: Pair) {
        let elapsed = pair.raw - earlier.raw
        guard elapsed >= Interval.second.nanoseconds else { return }
        let gained = (pair.realTime - earlier.realTime).nanoseconds - elapsed
        let rate = Double(gained) / Double(elapsed)
        // 600 ppm: the kernel steers by 500 at most, and the pairs are good to 1e-7 over a second.
        if abs(rate) < 600e-6 { realTimeRate = rate }
        earlier = pair
    }

    /// Both clocks at one moment: the tightest of five tries, which an interrupt does not spoil all.
    private static func pair() -> Pair {
        var best = Pair(raw: 0, realTime: .unixEpoch)
        var narrowest = Int64.max
        for _ in 0..<5 {
            let before = KernelClock.rawCount()
            let realTime = KernelClock.realTime()
            let after = KernelClock.rawCount()
            guard after - before < narrowest else { continue }
            narrowest = after - before
            best = Pair(raw: before + narrowest / 2, realTime: realTime)
        }
        return best
    }
}
