import Receivers
import TimeScale

/// Makes a u-blox receiver what its profile says, and keeps it so: it asks, sets what differs, and reads it back.
///
/// A pure state machine: answers and time go in, bytes for the receiver come out. There is never more than one command on
/// its way. What already is as wanted is not set again, so that no survey begins anew when the daemon does. A receiver that
/// has been reset, or answers differently at the check every ten minutes, is told again.
///
/// Not checked on hardware: it has met `ImaginedUBXReceiver` only.
public struct ReceiverConfigurator: Sendable {
    /// How far it has come.
    public enum State: Equatable, Sendable {
        /// The receiver was asked what it is.
        case identifying
        /// It is being told.
        case applying
        /// It has answered that it is as wanted, as far as it can be.
        case applied
        /// It does not answer, and is asked again every minute.
        case unanswered
    }

    /// How far it has come.
    public private(set) var state = State.identifying
    /// What the receiver does not know or refuses, in words.
    public private(set) var missing: [String] = []

    private let profile: ReceiverProfile
    /// The timing mode in force: the profile's, or the place that a survey has found.
    private var timingMode: ReceiverProfile.TimingMode
    private var step = Step.identify
    private var queue: [Work] = []
    private var exchange: Exchange?
    private var output: [UInt8] = []
    private var news: [News] = []
    /// The receiver is left in peace until then.
    private var pause: MonotonicInstant?
    /// What it is; `nil` before it has told.
    private var identity: Identity?
    /// Blocks that it does not know or does not take.
    private var abandoned: [UBXBlock] = []
    private var canSave = true
    private var hasWritten = false
    /// What is to be told when all is as wanted.
    private var outcome: News? = .applied
    private var saidMissing: [String] = []
    private var uptime: (value: Double, since: MonotonicInstant)?
    /// What was last reported of a survey before the present timing mode was taken: nothing about its own.
    private var formerSurvey: ReceiverStatus.Survey?

    /// An answer takes a second at most, as u-blox says; at 9600 baud the second's messages go before it, and a question
    /// with its padding takes half a second.
    private static let timeLimit = Interval.seconds(3)
    /// For the acknowledgement that follows what was asked for, where the firmware sends one.
    private static let acknowledgementLimit = Interval.milliseconds(500)
    private static let attempts = 3
    /// Before a command that is sent again: a byte that was lost in the length of the one before may have the receiver
    /// wait for 256 more.
    private static let padding = [UInt8](repeating: 0xff, count: 264)
    /// After a command was sent again, late answers to the first are let pass.
    private static let settling = Interval.second
    /// After the satellite systems were changed; u-blox asks for half a second.
    private static let searchPause = Interval.second
    private static let retryPause = Interval.seconds(60)
    private static let checkInterval = Interval.seconds(600)
    /// NAV-STATUS comes every second; without it for this long the receiver has forgotten to send it.
    private static let statusLimit = Interval.seconds(10)
    /// Writes of one block before it counts as not kept.
    private static let writes = 3

    private enum Step: Equatable {
        case identify
        case work
        case rest(until: MonotonicInstant)
        case wait(until: MonotonicInstant)
    }

    /// A block on its way into a layer.
    private struct Work {
        var block: UBXBlock
        var layer = UBXLayer.memory
        var writes = 0
    }

    private struct Identity: Equatable {
        var model: String?
        var firmware: String?
        /// From protocol 27 on values are kept under keys.
        var hasKeys: Bool
    }

    /// What was sent, and what has come of it so far.
    private struct Exchange {
        enum Purpose {
            case identify
            case read(Work)
            case write(Work)
            case save
        }

        let purpose: Purpose
        let frame: UBXFrame
        var sent: MonotonicInstant
        var attempts = 1
        /// What was asked for, while its acknowledgement is waited for.
        var answer: ReceiverAnswer?
        var isAcknowledged = false
    }

    /// Begins with a receiver of which nothing is known.
    ///
    /// - Parameter profile: with messages that fit the line.
    public init(_ profile: ReceiverProfile) {
        (self.profile, timingMode) = (profile, profile.timingMode)
    }

    /// Begins anew, as for a device that was opened: it may be another receiver.
    public mutating func restart() { self = ReceiverConfigurator(profile) }

    /// Takes the bytes for the receiver. What is lost on the way is sent again.
    public mutating func takeOutput() -> [UInt8] {
        guard !output.isEmpty else { return [] }
        defer { output = [] }
        return output
    }

    /// Takes what there is to tell.
    public mutating func takeNews() -> [News] {
        guard !news.isEmpty else { return [] }
        defer { news = [] }
        return news
    }

    // MARK: - What happens

    /// Takes an answer of the receiver.
    ///
    /// - Parameters:
    ///   - answer: any.
    ///   - status: what it has said about itself; for `.version` what it is.
    ///   - now: the time.
    public mutating func take(_ answer: ReceiverAnswer, status: ReceiverStatus, now: MonotonicInstant) {
        guard var exchange else {
            // A receiver that tells its version unasked has just begun.
            if answer == .version, case .rest = step { step = .identify }
            return
        }
        switch (exchange.purpose, answer) {
        case (.identify, .version):
            conclude(now)
            identify(status)
        case (.read(let work), .acknowledged(exchange.frame.name, let isTaken)):
            exchange.isAcknowledged = true
            if !isTaken {
                conclude(now)
                finishRead(work, nil, now)
            } else if let answer = exchange.answer {
                conclude(now)
                finishRead(work, answer, now)
            } else {
                self.exchange = exchange
            }
        case (.read(let work), _) where work.block.isAnswered(by: answer):
            if exchange.isAcknowledged {
                conclude(now)
                finishRead(work, answer, now)
            } else {
                (exchange.answer, exchange.sent) = (answer, now)
                self.exchange = exchange
            }
        case (.write(let work), .acknowledged(exchange.frame.name, let isTaken)):
            if isTaken, work.block.isTimingMode, work.layer == .memory { formerSurvey = status.survey }
            conclude(now)
            finishWrite(work, isTaken: isTaken, now)
        case (.save, .acknowledged(exchange.frame.name, let isTaken)):
            conclude(now)
            if !isTaken { refuseToSave() }
            finish(now)
        default: return
        }
        proceed(now)
    }

    /// Lets time pass.
    ///
    /// - Parameters:
    ///   - status: what the receiver has said about itself.
    ///   - now: the time.
    public mutating func tick(status: ReceiverStatus, now: MonotonicInstant) {
        watch(status, now)
        // What has not been taken yet has not been sent.
        if !output.isEmpty { exchange?.sent = now }
        if let exchange {
            if case .read(let work) = exchange.purpose, let answer = exchange.answer {
                if now - exchange.sent >= Self.acknowledgementLimit {
                    conclude(now)
                    finishRead(work, answer, now)
                }
            } else if now - exchange.sent >= Self.timeLimit {
                repeatOrGiveUp(exchange, now)
            }
        }
        proceed(now)
    }

    /// Notes that the receiver has begun anew: it may have forgotten everything, or be told more than before.
    public mutating func receiverWasReset() {
        if state != .unanswered { (step, abandoned, missing) = (.identify, [], []) }
    }

    /// Looks for messages that have stopped, and for the end of the survey.
    private mutating func watch(_ status: ReceiverStatus, _ now: MonotonicInstant) {
        if let value = status.uptime, value != uptime?.value { uptime = (value, now) }
        guard case .rest(let until) = step else { return }
        if let since = uptime?.since, now - since > Self.statusLimit {
            uptime = nil
            step = .identify
        } else if now >= until {
            step = .identify
        }
        guard profile.isSaved, case .survey(let terms) = timingMode, let survey = status.survey,
            survey != formerSurvey, let result = terms.result(of: survey), result.place.isOnEarth
        else { return }
        timingMode = .fixed(.geocentric(result.place), accuracy: result.accuracy)
        (outcome, state, step) = (.surveyed(accuracy: result.accuracy), .applying, .identify)
    }

    // MARK: - One thing after the other

    private mutating func proceed(_ now: MonotonicInstant) {
        guard exchange == nil else { return }
        if let pause {
            guard now >= pause else { return }
            self.pause = nil
        }
        switch step {
        case .identify: send(.versionQuestion, .identify, now)
        case .work:
            if !queue.isEmpty {
                let work = queue.removeFirst()
                send(work.block.question(work.layer), .read(work), now)
            } else if profile.isSaved, canSave, hasWritten, identity?.hasKeys == false {
                hasWritten = false
                send(ReceiverProfile.saving, .save, now)
            } else {
                finish(now)
            }
        case .rest: break
        case .wait(let until): if now >= until { step = .identify; proceed(now) }
        }
    }

    private mutating func send(_ frame: UBXFrame, _ purpose: Exchange.Purpose, _ now: MonotonicInstant) {
        output = frame.bytes
        exchange = Exchange(purpose: purpose, frame: frame, sent: now)
    }

    /// Ends the exchange; where the command was sent more than once, late answers may follow.
    private mutating func conclude(_ now: MonotonicInstant) {
        if let exchange, exchange.attempts > 1 { pause = now + Self.settling }
        exchange = nil
    }

    private mutating func repeatOrGiveUp(_ exchange: Exchange, _ now: MonotonicInstant) {
        guard exchange.attempts >= Self.attempts else {
            var exchange = exchange
            exchange.attempts += 1
            (exchange.sent, exchange.isAcknowledged) = (now, false)
            (self.exchange, output) = (exchange, Self.padding + exchange.frame.bytes)
            return
        }
        self.exchange = nil
        step = .wait(until: now + Self.retryPause)
        if state != .unanswered { news.append(.unanswered(model: identity?.model)) }
        if outcome == nil { outcome = .answering }
        state = .unanswered
    }

    private mutating func identify(_ status: ReceiverStatus) {
        let version = status.protocolVersion?.split(separator: ".").first.flatMap { Int($0) } ?? 0
        let identity = Identity(model: status.model, firmware: status.firmware, hasKeys: version >= 27)
        if identity != self.identity {
            (abandoned, missing, canSave) = ([], [], true)
            self.identity = identity
        }
        if state != .applied { state = .applying }
        var profile = profile
        profile.timingMode = timingMode
        let blocks = identity.hasKeys ? profile.blocksOfKeys : profile.blocksOfPayloads(firmware: identity.firmware)
        queue = blocks.compactMap { block in
            let block = abandoned.contains(block) ? block.substitute ?? block : block
            return block.subtracting(abandoned).map { Work(block: $0) }
        }
        (step, hasWritten) = (.work, false)
    }

    // MARK: - Blocks

    /// Compares what the receiver has, `nil` where it has refused to tell, with what is wanted.
    private mutating func finishRead(_ work: Work, _ answer: ReceiverAnswer?, _ now: MonotonicInstant) {
        // A layer that has nothing refuses to tell; the memory knows every value that there is.
        let isKnown = answer.map(work.block.fits) ?? (work.layer != .memory)
        guard isKnown else { return divide(work) }
        guard let command = work.block.command(after: answer, work.layer) else { return keep(work) }
        guard work.writes < Self.writes else { return abandon(work) }
        if outcome == nil || outcome == .answering { outcome = .reapplied }
        state = .applying
        hasWritten = true
        send(command, .write(work), now)
    }

    private mutating func finishWrite(_ work: Work, isTaken: Bool, _ now: MonotonicInstant) {
        if isTaken {
            var work = work
            work.writes += 1
            queue.insert(work, at: 0)
            if work.block.restartsSearch { pause = now + Self.searchPause }
            return
        }
        switch work.layer {
        case .memory: divide(work)
        case .flash: queue.insert(Work(block: work.block, layer: .battery), at: 0)
        case .battery: refuseToSave()
        }
    }

    /// Goes on with what is kept: what shall stay without power goes into flash as well.
    private mutating func keep(_ work: Work) {
        guard profile.isSaved, canSave, work.layer == .memory, work.block.hasLayers else { return }
        queue.insert(Work(block: work.block, layer: .flash), at: 0)
    }

    /// Finds out which half of a block it is that the receiver does not know or take.
    private mutating func divide(_ work: Work) {
        guard let (first, second) = work.block.halves else { return abandon(work) }
        queue.insert(contentsOf: [Work(block: first), Work(block: second)], at: 0)
    }

    private mutating func abandon(_ work: Work) {
        guard work.layer == .memory else { return refuseToSave() }
        abandoned.append(work.block)
        if let substitute = work.block.substitute { return queue.insert(Work(block: substitute), at: 0) }
        missing += work.block.topics.filter { !missing.contains($0) }
    }

    private mutating func refuseToSave() {
        guard canSave else { return }
        canSave = false
        queue.removeAll { $0.layer != .memory }
        missing.append("saving")
    }

    private mutating func finish(_ now: MonotonicInstant) {
        if let outcome { news.append(outcome) }
        if missing != saidMissing, !missing.isEmpty {
            news.append(.missing(model: identity?.model, missing))
        }
        (saidMissing, outcome, state) = (missing, nil, .applied)
        step = .rest(until: now + Self.checkInterval)
        // The time without messages counts from here.
        if let value = uptime?.value { uptime = (value, now) }
    }
}

extension GeocentricPlace {
    /// Whether it lies where antennas are: 6300 to 6400 km from the centre of the earth.
    var isOnEarth: Bool {
        let (x, y, z) = (Double(x) * 1e-4, Double(y) * 1e-4, Double(z) * 1e-4)
        return (6.3e6...6.4e6).contains((x * x + y * y + z * z).squareRoot())
    }
}
