import Receivers
import ReferenceClocks
import SimulatedWorld
import TimeScale

/// An imagined receiver and the configurator, with the production decoder between them, in virtual time.
struct ConfiguredLine {
    var receiver: ImaginedUBXReceiver
    var configurator: ReceiverConfigurator
    var decoder = ReceiverDecoder(notBefore: .unixEpoch)
    /// What the configurator has told so far.
    var news: [ReceiverConfigurator.News] = []
    /// Class and number of what was sent so far.
    var sent: [UInt16] = []
    /// What the receiver has said about its pulses so far.
    var sawtooths: [PulseSawtooth] = []
    /// Tenths of a second since the start.
    private(set) var ticks = 0

    /// 2026-11-20T00:00:00Z.
    static let start = Instant(nanoseconds: 1_795_132_800 * 1_000_000_000)

    init(_ receiver: ImaginedUBXReceiver, _ profile: ReceiverProfile) {
        self.receiver = receiver
        configurator = ReceiverConfigurator(profile)
    }

    /// The second of the last messages.
    var second: Instant { Self.start + .seconds(Int64(ticks / 10)) }

    var now: MonotonicInstant { MonotonicInstant(nanoseconds: 0) + .milliseconds(100 * Int64(ticks)) }

    /// Lets seconds pass, in steps of a tenth, with the second's messages at each whole one.
    mutating func run(seconds: Int) {
        for _ in 0..<10 * seconds {
            ticks += 1
            let moment = Self.start + .milliseconds(100 * Int64(ticks))
            if ticks % 10 == 0 { hear(receiver.burst(for: moment)) }
            hear(receiver.takeAnswers(now: moment))
            configurator.tick(status: decoder.status, now: now)
            let output = configurator.takeOutput()
            if !output.isEmpty {
                let frame = Array(output.drop { $0 == 0xff })
                sent.append(UInt16(frame[2]) << 8 | UInt16(frame[3]))
                receiver.consume(output, now: moment)
            }
            news += configurator.takeNews()
        }
    }

    /// Hands bytes to the decoder, and its answers on.
    private mutating func hear(_ bytes: [UInt8]) {
        var answers: [ReceiverAnswer] = []
        decoder.consume(bytes.span, arrived: Self.start + .milliseconds(100 * Int64(ticks))) {
            switch $0 {
            case .answer(let answer): answers.append(answer)
            case .sawtooth(let sawtooth): sawtooths.append(sawtooth)
            case .reset: configurator.receiverWasReset()
            default: break
            }
        }
        for answer in answers { configurator.take(answer, status: decoder.status, now: now) }
    }
}
