import ConfigurationLanguage
import Discipline
import LinuxSystem
import NTPServer
import TimeScale

/// The network cards that stamp packets (`hwtimestamp`): opened, read every while, and made known to the desks.
struct StampingCards {
    /// Between two looks for interfaces that are not there yet.
    private static let openInterval = Interval.seconds(10)
    /// Between two looks at the system's clock, which is steered every second.
    private static let publishInterval = Interval.second

    /// What the desks know; `nil` where no rule asks for cards.
    let published: PublishedCards?
    /// When a card is to be read or looked for next.
    private(set) var due: MonotonicInstant

    private let rules: [HardwareTimestampRule]
    private var cards: [StampedInterface?]
    private var nextOpen: MonotonicInstant
    /// Interfaces whose failure has been reported.
    private var failed: [String] = []

    /// Opens the cards that rules ask for.
    init(_ rules: [HardwareTimestampRule], now: MonotonicInstant, log: Log) {
        self.rules = rules
        published = rules.isEmpty ? nil : PublishedCards()
        cards = Array(repeating: nil, count: PublishedCards.capacity)
        (nextOpen, due) = (now, rules.isEmpty ? .distantFuture : now)
        attend(now: now, log: log)
    }

    /// Whether a socket is to ask for stamps by cards.
    ///
    /// - Parameters:
    ///   - address: numeric, as it is bound.
    ///   - rules: the rules.
    ///   - local: the addresses of this machine.
    /// - Returns: `true` where a rule names the interface that has the address, or one without addresses, which may be a
    ///   part of that.
    static func serve(_ address: String, rules: [HardwareTimestampRule], local: [LocalAddress]) -> Bool {
        let owners = local.filter { $0.text == address }.map(\.interface)
        return rules.contains { rule in
            guard let name = rule.interface, !ListenAddresses.everything.contains(address) else { return true }
            return owners.contains(name) || !local.contains { $0.interface == name }
        }
    }

    /// The filters of received packets that a rule asks for, best first.
    static func filters(_ rule: HardwareTimestampRule) -> [NetworkCard.ReceiveFilter] {
        switch rule.receiveFilter {
        case nil, .ntp: [.ntp, .all]
        case .all: [.all, .ntp]
        case .ptp: [.ptpOverUDP, .ptp]
        case .some(.none): []
        }
    }

    /// Opens the cards that have come, and reads those whose time has come.
    mutating func attend(now: MonotonicInstant, log: Log) {
        guard let published, now >= due else { return }
        if now >= nextOpen {
            nextOpen = now + Self.openInterval
            for rule in rules { open(rule, now: now, log) }
        }
        due = nextOpen
        for place in cards.indices {
            guard let card = cards[place] else { continue }
            do throws(SystemError) {
                if now >= card.due { try card.read(now: now) }
                published.publish(card.stampingCard, place: place)
                due = min(due, card.due, now + Self.publishInterval)
            } catch {
                report(card.card.interface, error, log)
                published.publish(.none, place: place)
                cards[place] = nil
            }
        }
    }

    private mutating func open(_ rule: HardwareTimestampRule, now: MonotonicInstant, _ log: Log) {
        if let name = rule.interface { return open(name, rule, now: now, log) }
        let named = rules.compactMap(\.interface)
        for name in (try? NetworkInterfaces.names()) ?? [] where !named.contains(name) {
            open(name, rule, now: now, log)
        }
        guard !cards.contains(where: { $0 != nil }), !failed.contains("*") else { return }
        failed.append("*")
        log.warning("hwtimestamp *: no network card stamps packets; the kernel's stamps are used")
    }

    private mutating func open(_ name: String, _ rule: HardwareTimestampRule, now: MonotonicInstant, _ log: Log) {
        guard !cards.contains(where: { $0?.card.interface == name }), let place = cards.firstIndex(where: { $0 == nil })
        else { return }
        do throws(SystemError) {
            let card = try NetworkCard(
                interface: name, filters: Self.filters(rule), usesCrossTimestamps: rule.usesCrossTimestamps)
            let what = card.filter == .none ? "sent packets" : "packets"
            log.info("\(name): \(what) are stamped by the network card (\(card.clock.path))")
            cards[place] = StampedInterface(card, rule, now: now)
            failed.removeAll { $0 == name || $0 == "*" }
        } catch {
            // Every interface is tried for `*`, and most machines have some that cannot.
            if rule.interface != nil || error.isForbidden { report(name, error, log) }
        }
    }

    /// Reports a failure of an interface once.
    private mutating func report(_ name: String, _ error: SystemError, _ log: Log) {
        guard !failed.contains(name) else { return }
        failed.append(name)
        log.warning("\(error); the kernel's stamps are used")
    }
}

/// An interface whose card stamps packets, and how its clock runs. A class, because descriptors cannot be copied and an
/// array holds these.
private final class StampedInterface {
    /// How long a map is good for, seconds: it is made anew every second.
    private static let reach = 4.0

    fileprivate var card: NetworkCard
    /// When it is to be read next.
    fileprivate private(set) var due: MonotonicInstant
    private let rule: HardwareTimestampRule
    private let interval: Interval
    private var estimate: HardwareClockEstimate

    init(_ card: consuming NetworkCard, _ rule: HardwareTimestampRule, now: MonotonicInstant) {
        self.card = card
        (self.rule, due) = (rule, now)
        interval = Interval(nanoseconds: Int64(1e9 * Double(sign: .plus, exponent: rule.minimumPoll, significand: 1)))
        estimate = HardwareClockEstimate(
            precision: rule.precision, minimumSamples: rule.minimumSamples, maximumSamples: rule.maximumSamples)
    }

    /// Reads the clock.
    ///
    /// - Throws: `SystemError`.
    fileprivate func read(now: MonotonicInstant) throws(SystemError) {
        due = max(due + interval, now)
        if let reading = try card.clock.read(precision: rule.precision) { estimate.take(reading) }
    }

    /// What the desks are to know; `.none` before enough is known.
    fileprivate var stampingCard: StampingCard {
        guard let map = estimate.map(at: SystemClock.reading()) else { return .none }
        return StampingCard(
            interface: card.number, map: map, reach: Self.reach, receiveCompensation: rule.receiveCompensation,
            transmitCompensation: rule.transmitCompensation, secondsPerByte: card.linkSpeed.map { 8 / $0 } ?? 0)
    }
}
