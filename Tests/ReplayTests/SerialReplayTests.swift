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
        arguments: Corpus.files(in: "streams", withExtension: "nmea"))
    func stream(name: String) throws {
        let rows = try Corpus.rows("expected/\(name.dropLast(5)).must.tsv")
        let must = Set(try rows.filter { $0[1] == "must" }.map { try #require(Epoch($0[0])) })
        let may = Set(try rows.filter { $0[1] == "may" }.map { try #require(Epoch($0[0])) })
        let pivot = (must.min()?.utc ?? Instant(nanoseconds: 1_009_843_200 * 1_000_000_000)) - .seconds(86_400)
        let labels = try labelsThroughTerminal(of: try Corpus.bytes("streams/\(name)"), notBefore: pivot)
        let reported = Set(labels.map { Epoch($0.utc, isLeapSecond: $0.isLeapSecond) })
        #expect(reported.count == labels.count, "an epoch is reported more than once")
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

    private func labelsThroughTerminal(of stream: [UInt8], notBefore pivot: Instant) throws -> [SecondLabel] {
        var decoder = ReceiverDecoder(notBefore: pivot)
        var labels: [SecondLabel] = []
        try play(stream) { bytes in
            decoder.consume(bytes.span, arrived: KernelClock.realTime()) { event in
                if case .label(let label) = event { labels.append(label) }
            }
        }
        return labels
    }

    /// Writes a stream into a terminal as fast as it takes it, and hands on what the daemon's port reads, as it comes.
    private func play(_ stream: [UInt8], read: ([UInt8]) -> Void) throws {
        let terminal = try PseudoTerminal()
        let port = try SerialPort(path: terminal.path, baudRate: 9600)
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
