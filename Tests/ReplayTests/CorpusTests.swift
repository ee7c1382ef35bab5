import Foundation
import Receivers
import SimulatedWorld
import Testing
import TimeScale

/// Every stream of the corpus through the decoder, against the corpus's own verdicts, however it is cut and wherever it
/// begins.
///
/// The verdicts (`expected/*.must.tsv`, `synthetic/*.must.tsv`) come from an independent scanner and from the corpus's
/// author; see the corpus's README.
@Suite("Every stream of the corpus", .enabled(if: Corpus.isPresent, "the replay corpus is not here"))
struct CorpusTests {
    /// Bytes that a test of many runs decodes of each stream: 0.1 s in a debug build. With TIMEBALL_EXHAUSTIVE in the
    /// environment the streams of up to 6 kB are tested at every split and from every offset instead (half an hour in a
    /// debug build).
    private static let budget = 80_000
    /// Streams longer than this, bytes, are cut in fewer ways.
    private static let long = 12_000
    private static let isExhaustive = ProcessInfo.processInfo.environment["TIMEBALL_EXHAUSTIVE"] != nil

    @Test("the corpus has the files and epochs that its README lists")
    func completeness() throws {
        // Counted in the README's tables: 44 NMEA streams and 15 of packets, 13 synthetic ones; first .. last is none in
        // 4, and 3 more name epochs in a protocol only that is not decoded (class `gpsd`).
        #expect(Corpus.files(in: "streams", withExtension: "nmea").count == 44)
        #expect(Corpus.files(in: "streams", withExtension: "bin").count == 15)
        #expect(CorpusStream.synthetic.count == 12)
        let empty = try CorpusStream.captured.filter { try $0.contract().must.isEmpty }.map(\.name)
        #expect(
            empty == [
                "GPSmap-76S", "tn200", "ublox-lea-5q", "bu303-moving", "bu303-nofix", "bu303-stillfix", "skytraq-bin",
            ])
    }

    @Test("a stream yields every second that it must, none that it may not, and each once", arguments: CorpusStream.all)
    func contract(stream: CorpusStream) throws {
        let (must, may) = try stream.contract()
        var decoder = try stream.decoder()
        let bytes = try stream.bytes()
        var epochs: [Epoch] = []
        decoder.take(bytes, 0..<bytes.count) { if let label = $0.label { epochs.append(stream.epoch(label)) } }
        let reported = Set(epochs)
        #expect(reported.count == epochs.count, "an epoch is reported more than once")
        #expect(must.subtracting(reported).sorted() == [], "missing")
        #expect(reported.subtracting(must).subtracting(may).sorted() == [], "must not be reported")
    }

    @Test(
        "a stream yields the same, at the same times, in pieces of 1 to 16 bytes and of any mixture of lengths",
        arguments: CorpusStream.all)
    func pieces(stream: CorpusStream) throws {
        let bytes = try stream.bytes()
        let whole = try events(stream, bytes, cuts: [])
        for length in bytes.count > Self.long ? [1, 13] : Array(1...16) {
            let cuts = Array(stride(from: length, to: bytes.count, by: length))
            #expect(try events(stream, bytes, cuts: cuts) == whole, "pieces of \(length)")
        }
        var random = RandomSource(seed: 5)
        for _ in 0..<2 {
            var cuts: [Int] = []
            while let next = Optional((cuts.last ?? 0) + Int.random(in: 1...200, using: &random)), next < bytes.count {
                cuts.append(next)
            }
            #expect(try events(stream, bytes, cuts: cuts) == whole, "cut at \(cuts)")
        }
    }

    @Test("a stream yields the same, at the same times, in two pieces", arguments: CorpusStream.all)
    func twoPieces(stream: CorpusStream) throws {
        let bytes = try stream.bytes()
        let whole = try events(stream, bytes, cuts: [])
        for cut in sample(of: bytes.count, costing: bytes.count) {
            #expect(try events(stream, bytes, cuts: [cut]) == whole, "cut at \(cut)")
        }
    }

    /// What must be reported from the k-th byte on follows from what the whole stream yields: the decoder may miss the
    /// epoch whose messages it joins in the middle, and needs one more to have heard a status and a date. All later ones
    /// it must report, and never one that the whole stream does not name.
    @Test(
        "a stream that is joined in its middle yields nothing wrong, and all from the third second on",
        arguments: CorpusStream.all)
    func starts(stream: CorpusStream) throws {
        let (must, may) = try stream.contract()
        let bytes = try stream.bytes()
        let fresh = try stream.decoder()
        // Where the message ends that first names an epoch, and the epoch.
        var named: [(end: Int, epoch: Epoch)] = []
        var decoder = fresh
        for index in bytes.indices {
            decoder.take(bytes, index..<index + 1) {
                if let label = $0.label { named.append((index, stream.epoch(label))) }
            }
        }
        for start in sample(of: bytes.count, costing: bytes.count / 2) {
            var reported: [Epoch] = []
            var decoder = fresh
            decoder.take(bytes, start..<bytes.count) {
                if let label = $0.label { reported.append(stream.epoch(label)) }
            }
            let wanted = Set(named.filter { $0.end >= start }.dropFirst(2).map(\.epoch)).intersection(must)
            #expect(Set(reported).count == reported.count, "from \(start) on, an epoch is reported more than once")
            #expect(wanted.subtracting(reported).sorted() == [], "missing from \(start) on")
            #expect(Set(reported).subtracting(must).subtracting(may).sorted() == [], "wrong from \(start) on")
        }
    }

    @Test("in a leap second announced by UBX, each second is named by its own messages, and none earlier")
    func leapSecondInOrder() throws {
        let stream = CorpusStream(path: "synthetic/ubx-leap-2016.ubx")
        let bytes = try stream.bytes()
        let expected = try Corpus.rows("synthetic/ubx-leap-2016.must.tsv").map { try #require(Epoch($0[1])) }
        // Five messages a second, of 100, 24, 28, 32 and 24 bytes; see the corpus's README and the UBX layouts.
        let burst = 208
        #expect(bytes.count == expected.count * burst)
        var decoder = try stream.decoder()
        for (index, epoch) in expected.enumerated() {
            var named: [Epoch] = []
            decoder.take(bytes, index * burst..<(index + 1) * burst) {
                if let label = $0.label { named.append(stream.epoch(label)) }
            }
            #expect(named == [epoch])
        }
    }

    @Test("jamming and spoofing are told in the receiver's status as the table has them, second by second")
    func threats() throws {
        let bytes = try Corpus.bytes("synthetic/ubx-jam-spoof.ubx")
        let rows = try Corpus.rows("synthetic/ubx-jam-spoof.must.tsv")
        let burst = bytes.count / rows.count
        var decoder = try CorpusStream(path: "synthetic/ubx-jam-spoof.ubx").decoder()
        let threats: [ReceiverStatus.Threat?] = [nil, ReceiverStatus.Threat.none, .indicated, .affirmed]
        for (index, row) in rows.enumerated() {
            decoder.take(bytes, index * burst..<(index + 1) * burst) { _ in }
            func state(_ word: String) throws -> Int {
                let text = try #require(row[2].split(separator: " ").last { $0.hasPrefix(word) })
                return try #require(text.last?.wholeNumberValue)
            }
            #expect(decoder.hasFix == (try state("fixOK") == 1), "second \(index)")
            // 0 is unknown: what was known before stands.
            guard try state("jammingState") > 0 else { continue }
            #expect(decoder.status.jamming == threats[try state("jammingState")], "second \(index)")
            #expect(decoder.status.spoofing == threats[try state("spoofingState")], "second \(index)")
        }
    }

    @Test("surveys are told in the receiver's status as the table has them")
    func surveys() throws {
        let bytes = try Corpus.bytes("synthetic/ubx-survey-in.ubx")
        let rows = try Corpus.rows("synthetic/ubx-survey-in.must.tsv")
        let step = bytes.count / rows.count
        var decoder = try CorpusStream(path: "synthetic/ubx-survey-in.ubx").decoder()
        for (index, row) in rows.enumerated() {
            decoder.take(bytes, index * step..<(index + 1) * step) { _ in }
            let survey = try #require(decoder.status.survey)
            let (isValid, isActive) = (survey.isValid ? 1 : 0, survey.isActive ? 1 : 0)
            #expect("dur=\(survey.duration) s valid=\(isValid) active=\(isActive)" == row[2])
        }
    }

    /// All events of a stream, frames among them, that is cut into pieces.
    private func events(_ stream: CorpusStream, _ bytes: [UInt8], cuts: [Int]) throws -> [ReceiverEvent] {
        var decoder = try stream.decoder()
        decoder.reportsFrames = true
        var events: [ReceiverEvent] = []
        var start = 0
        for end in cuts + [bytes.count] {
            decoder.take(bytes, start..<end) { events.append($0) }
            start = end
        }
        return events
    }

    /// Positions 1 ..< count, evenly spread so that all of them together stay within the budget.
    private func sample(of count: Int, costing cost: Int) -> StrideTo<Int> {
        let step = Self.isExhaustive && count <= 6144 ? 1 : max(1, count * cost / Self.budget)
        var random = RandomSource(seed: UInt64(count))
        return stride(from: 1 + Int.random(in: 0..<step, using: &random), to: count, by: step)
    }
}

extension ReceiverEvent {
    /// The label, if it is one.
    var label: SecondLabel? {
        if case .label(let label) = self { label } else { nil }
    }
}
