import ConfigurationLanguage
import LinuxSystem
import Receivers
import Testing
import TimeScale

/// Real receivers' streams through a terminal: what the kernel's line discipline, our settings of the port and our reads
/// do to the bytes must not change the verdicts.
@Suite("Replay through a serial port", .enabled(if: Corpus.isPresent, "the replay corpus is not here"))
struct SerialReplayTests {
    /// Bytes written before they are read: fewer than the 4 kB that a terminal holds.
    private static let portion = 1024

    @Test(
        "a stream through a terminal yields every second that it must, and none that it may not",
        arguments: CorpusStream.captured)
    func stream(stream: CorpusStream) throws {
        let (must, may) = try stream.contract()
        var decoder = try stream.decoder()
        var epochs: [Epoch] = []
        try play(try stream.bytes()) { bytes in
            // Not the time of the read: a computer that is busy must not look like a line that has paused.
            decoder.consume(bytes.span, arrived: .unixEpoch) { event in
                if case .label(let label) = event { epochs.append(stream.epoch(label)) }
            }
        }
        let reported = Set(epochs)
        #expect(reported.count == epochs.count, "an epoch is reported more than once")
        #expect(must.subtracting(reported).sorted() == [], "missing")
        #expect(reported.subtracting(must).subtracting(may).sorted() == [], "must not be reported")
    }

    @Test("a binary stream through a terminal arrives byte for byte")
    func binary() throws {
        // u-blox frames hold every control character that a terminal in cooked mode would act on.
        let bytes = try Corpus.bytes("streams/navisys-gr8013.bin")
        var arrived: [UInt8] = []
        try play(bytes) { arrived += $0 }
        #expect(arrived == bytes)
    }

    /// Writes a stream into a terminal as fast as it takes it, and hands on what the daemon's port reads, as it comes.
    private func play(_ stream: [UInt8], read: ([UInt8]) -> Void) throws {
        let terminal = try PseudoTerminal()
        let port = try SerialPort(path: terminal.path, LineSettings(9600))
        var buffer = [UInt8](repeating: 0, count: 512)
        var poll = PollSet()
        for first in stride(from: 0, to: stream.count, by: Self.portion) {
            let last = min(first + Self.portion, stream.count)
            try terminal.write(stream.span.extracting(first..<last))
            var missing = last - first
            while missing > 0 {
                poll.removeAll()
                poll.add(port.descriptor)
                _ = try poll.wait(timeout: .seconds(5))
                var span = buffer.mutableSpan
                let count = try #require(try port.read(into: &span), "the terminal holds back \(missing) bytes")
                missing -= count
                read(Array(buffer[..<count]))
            }
        }
    }
}
