/// What a source is doing, and why it cannot be used where it cannot.
public enum SourceCondition: Equatable, Sendable {
    /// The device is open, nothing usable has come yet.
    case waiting
    /// The device cannot be opened or has gone; the system's own words.
    case absent(String)
    /// Nothing usable for some seconds.
    case silent
    /// Its sentences come, and its pulses have stopped.
    case pulseless
    /// Bytes arrive, but none of them make a sentence.
    case unreadable
    /// Messages arrive, but in languages that are not decoded; their names.
    case undecoded(String)
    /// The receiver says that its time is not valid; its reason.
    case invalid(String)
    /// Its date cannot be true: what is wrong with it, and what to do.
    case impossibleDate(String, remedy: String)
    /// Its GPS − UTC (s) is not that of a leap second table that is valid (s).
    case otherLeapSeconds(Int, table: Int)
    /// Pulses arrive, but no labels that could number them.
    case unnumbered
    /// Labels agree so far, but not for long enough.
    case proving
    /// The delay from pulse to label (ms) and its spread (ms) allow two numberings.
    case ambiguous(delay: Int, spread: Int)
    /// The two edges of the pulses cannot be told apart; the shorter gap between them (ms).
    case ambiguousEdges(width: Int)
    /// The card gives a stamp that it has given before.
    case repeatedStamp
    /// Labels differ by whole seconds from a clock that was synchronised when the daemon began.
    case contradicted(seconds: Int)
    /// Labels differ by whole seconds from the pulses that they used to number.
    case mislabelled(seconds: Int)
    /// The offset (s) is beyond the panic limit.
    case beyondPanic(offset: Double)
    /// Samples have jumped by this (s) against the clock's own memory.
    case jumped(offset: Double)
    /// Samples run at a rate (s/s) that is not the clock's.
    case wrongRate(Double)
    /// The offset (s) is not that of the majority, or of the selected source.
    case outvoted(offset: Double)
    /// Samples are coming.
    case delivering
    /// The receiver repeats the same second.
    case frozen
    /// Labels advance at another rate than the clock, seconds per second.
    case labelsAtWrongRate(Double)
    /// The receiver says that its pulses are not to be used; its reason.
    case pulsesDenied(String)
    /// The receiver has taken back the seconds (s) that it told before it knew the leap seconds.
    case revised(seconds: Int)

    /// Which case this is, without what it carries: a log line is due when this changes.
    public var kind: Int {
        switch self {
        case .waiting: 0
        case .absent: 1
        case .silent: 2
        case .unreadable: 3
        case .invalid: 4
        case .unnumbered: 5
        case .proving: 6
        case .ambiguous: 7
        case .contradicted: 8
        case .mislabelled: 9
        case .beyondPanic: 10
        case .outvoted: 11
        case .delivering: 12
        case .jumped: 13
        case .wrongRate: 14
        case .frozen: 15
        case .labelsAtWrongRate: 16
        case .revised: 17
        case .ambiguousEdges: 18
        case .undecoded: 19
        case .impossibleDate: 20
        case .pulseless: 21
        case .repeatedStamp: 22
        case .otherLeapSeconds: 23
        case .pulsesDenied: 24
        }
    }

    /// Whether somebody should look at it.
    public var isFault: Bool {
        switch self {
        case .waiting, .proving, .delivering: false
        default: true
        }
    }
}

extension SourceCondition: CustomStringConvertible {
    /// Words for logs and reports: what is wrong and what is done about it.
    public var description: String {
        switch self {
        case .waiting: "waiting for data"
        case .absent(let reason): "\(reason), will try again"
        case .silent: "nothing usable for 8 s or longer"
        case .pulseless: "no pulse for 8 s or longer, only sentences"
        case .unreadable: "bytes but no sentences, the speed may be wrong"
        case .undecoded(let languages):
            "the receiver speaks \(languages), which is not decoded; switch it to NMEA"
        case .invalid(let reason): "the receiver has no valid time (\(reason))"
        case .impossibleDate(let fault, let remedy): "\(fault); not believed (\(remedy))"
        case .otherLeapSeconds(let own, let table):
            "its GPS − UTC is \(own) s, that of the leap second table \(table) s; not believed"
        case .unnumbered: "pulses, but nothing tells which seconds they are"
        case .proving: "proving which second is which"
        case .ambiguous(let delay, let spread):
            "labels come \(delay) ms (± \(spread) ms) after a pulse, which may be the wrong one; "
                + "set time2 or add a source that settles it"
        case .ambiguousEdges(let width):
            "both edges of the pulses are stamped, \(width) ms apart, and either may begin the second; "
                + "set width, or have the receiver make pulses of 100 ms"
        case .repeatedStamp:
            "the card repeats one stamp: its clock may stand still, as some do without a network cable"
        case .contradicted(let seconds):
            "\(Self.signed(seconds)) s from a clock that was synchronised before; not believed (-g overrules)"
        case .mislabelled(let seconds):
            "labels are \(inWeeks(seconds) ?? "\(Self.signed(seconds)) s") off the pulses they number; labels ignored"
        case .beyondPanic(let offset): "\(Self.magnitude(offset)) off, beyond the panic limit; not believed"
        case .outvoted(let offset): "\(Self.magnitude(offset)) from the others; not believed"
        case .jumped(let offset):
            "samples have jumped by \(Self.magnitude(offset)), which no quartz does; not believed"
        case .wrongRate(let rate):
            "samples run \(Self.signed(Self.whole(rate * 1e6))) ppm off, which no quartz does; not believed"
        case .delivering: "good"
        case .pulsesDenied(let reason): "the receiver says that its pulses are not to be used (\(reason))"
        case .frozen: "the receiver repeats the same second; its data are frozen"
        case .labelsAtWrongRate(let rate):
            "labels advance \(thousandths(rate)) s per second; their seconds are not believed"
        case .revised(let seconds):
            "labels went back by \(abs(seconds)) s: the receiver did not know the leap seconds; proving the seconds anew"
        }
    }

    /// An offset with its sign, in the largest unit of which it is at least one.
    public static func magnitude(_ offset: Double) -> String {
        let units = [("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)]
        let (name, size) = units.first { abs(offset) >= $0.1 } ?? ("ns", 1e-9)
        return "\(signed(whole(offset / size))) \(name)"
    }

    /// Whole weeks, of which receivers with an old almanac are wrong; `nil` for anything else.
    private func inWeeks(_ seconds: Int) -> String? {
        let (weeks, rest) = seconds.quotientAndRemainder(dividingBy: 604_800)
        guard weeks != 0, rest == 0 else { return nil }
        return "\(Self.signed(weeks)) \(abs(weeks) == 1 ? "week" : "weeks")"
    }

    private func thousandths(_ number: Double) -> String { "\(Double(Self.whole(number * 1000)) / 1000)" }

    private static func whole(_ number: Double) -> Int {
        number.isNaN ? 0 : Int(min(max(number.rounded(), -1e15), 1e15))
    }

    private static func signed(_ number: Int) -> String { number > 0 ? "+\(number)" : "\(number)" }
}
