import ConfigurationLanguage
import ReferenceClocks

extension MeasuredReceiver {
    /// The configuration's word for how late its labels are.
    var delayWord: String { driver == .trimble ? "time1" : "time2" }
}

extension PulseVerdict {
    /// Which edge begins the second, why, and how good it is.
    var summary: String {
        let jitter = jitter.map { "jitter \(Figures.duration($0)) over \(Figures.duration(duration))" }
        let figures = [because, jitter, Figures.missing(missing, of: count + missing)].compactMap(\.self)
        let extra = extra > 0 ? ", \(extra) too many" : ""
        return "\(edge == .assert ? "rising (assert)" : "falling (clear)") edge: " + figures.joined(separator: ", ")
            + extra
    }

    private var because: String {
        switch reason {
        case .shorterLevel(let width): "\(Figures.duration(width)) wide"
        case .labels: "half a second wide, and only after this edge the sentences come when sentences come"
        case .steadier: "half a second wide, and this edge is the steadier one; check it against another clock"
        case .onlyOne:
            "the only edge that the device shows; if the time is off by the pulse's width, it is the wrong one"
        case .undecided: "half a second wide, so nothing tells which edge is right; check it against another clock"
        }
    }
}

extension PulseVerdict.Refusal: CustomStringConvertible {
    /// Why a device is not used, and what to look at.
    public var description: String {
        switch self {
        case .silent: "no pulse: is it wired to this pin or line, and has the receiver a fix?"
        case .tooFew(let count): "only \(count) pulses: too few to judge"
        case .irregular(let interval):
            "pulses come every \(Figures.duration(interval)) instead of every second: an open input, or a receiver that is "
                + "set to another rate"
        case .kernelTimer: "the kernel's own timer (pps-ktimer), which knows no satellite"
        case .drifts(let drift):
            "moves against the receiver's seconds by \(Figures.frequency(drift)): another oscillator makes these pulses"
        case .disagrees(let other, let offset, let drift):
            if let drift {
                "moves against \(other) by \(Figures.frequency(drift)): another oscillator makes these pulses, or those"
            } else {
                "comes \(Figures.duration(offset)) after \(other), which fits the receiver's sentences better"
            }
        case .undecided(let other):
            "begins other seconds than \(other), and the sentences go with both: take one away, or set this machine's clock "
                + "by a network first, and run setup again"
        case .noReceiver: "pulses come, but nothing names the seconds that they begin"
        }
    }
}

extension SetupVerdict {
    /// Where the pulses of a spare device are.
    func summary(of spare: Spare) -> String {
        let side = spare.offset < 0 ? "before" : "after"
        return "\(Figures.duration(abs(spare.offset))) \(side) \(pulses[spare.other].pulses.path)"
    }
}

extension SetupVerdict.Source {
    /// How long after its pulses it names the second, and what follows from that.
    var delaySummary: String? {
        guard let delay else { return nil }
        let figures = "\(Figures.duration(delay.centre)) after the pulse, ± \(Figures.duration(delay.deviation))"
        switch proof {
        case .proven: return "names the second \(figures): no other second is possible"
        case .ambiguous:
            return "names the second \(figures): too late to tell which pulse is meant"
                + (witnessedDelay != nil ? ", but this machine's clock knows" : "")
        case .unpaired, .proving, .contradicted, .revised: return "names the second \(figures)"
        }
    }

    /// How it is known that the pulses are its own.
    var evidenceSummary: String? {
        switch evidence {
        case .sameLine: "by the same line"
        case .onlyMatch: "the only ones that its sentences go with"
        case .interchangeable: "others go with its sentences as well, and begin the same seconds: either will do"
        case .bestMatch: "others go with its sentences too, but this machine's clock or more devices agree with these"
        case nil: nil
        }
    }

    /// Whether pulses and labels alone leave the second open.
    var isAmbiguous: Bool {
        if case .ambiguous = proof { true } else { false }
    }
}
