import Receivers
import Testing
import TimeScale

/// Streams of Trimble's and Motorola's receivers against the corpus's verdicts.
@Suite("Replay of TSIP and Oncore streams", .enabled(if: Corpus.isPresent, "the replay corpus is not here"))
struct BinaryReplayTests {
    static let pieceLengths = [1, 7, Int.max]

    @Test(
        "a stream yields every second that it must, and none that it may not",
        arguments: ["trimble-smtx", "trimble-res720", "oncore-binary"], pieceLengths)
    func stream(name: String, pieceLength: Int) throws {
        let rows = try Corpus.rows("expected/\(name).must.tsv")
        let must = Set(try rows.filter { $0[1] == "must" }.map { try #require(Epoch($0[0])) })
        let may = Set(try rows.filter { $0[1] == "may" }.map { try #require(Epoch($0[0])) })
        let pivot = try #require(must.min()).utc - .seconds(86_400)
        let labels = labels(
            of: try Corpus.bytes("streams/\(name).bin"), inPiecesOf: pieceLength, notBefore: pivot)
        // The tables are rounded to milliseconds.
        let reported = labels.map { Epoch($0.utc + Interval(nanoseconds: 500_000), isLeapSecond: $0.isLeapSecond) }
        #expect(Set(reported).count == reported.count, "an epoch is reported more than once")
        #expect(must.subtracting(reported).sorted() == [], "missing")
        #expect(Set(reported).subtracting(must).subtracting(may).sorted() == [], "must not be reported")
    }

    @Test(
        "each pulse whose error a stream tells gets it", arguments: ["trimble-smtx", "trimble-res720", "oncore-binary"])
    func sawtooths(name: String) throws {
        var decoder = ReceiverDecoder(notBefore: try #require(Epoch("2019-01-01T00:00:00Z")).utc)
        var sawtooths: [PulseSawtooth] = []
        let bytes = try Corpus.bytes("streams/\(name).bin")
        decoder.consume(bytes.span, arrived: .unixEpoch) { event in
            if case .sawtooth(let sawtooth) = event { sawtooths.append(sawtooth) }
        }
        // One for each label of the must tables: 30, 17, 12.
        #expect(sawtooths.count == ["trimble-smtx": 30, "trimble-res720": 17, "oncore-binary": 12][name])
        #expect(zip(sawtooths, sawtooths.dropFirst()).allSatisfy { $1.second - $0.second == .second })
        #expect(sawtooths.allSatisfy { abs($0.correction ?? 1) < 100e-9 })
        #expect(decoder.status.fix == (name == "oncore-binary" ? .space : .time))
        #expect(!decoder.status.satellites.isEmpty)
        #expect(decoder.status.antenna == .good)
    }

    @Test("PUBX,04 labels once its leap seconds are heard from a satellite", arguments: pieceLengths)
    func pubx(pieceLength: Int) throws {
        let pivot = try #require(Epoch("2026-01-01T00:00:00Z")).utc
        let labels = labels(of: try Corpus.bytes("synthetic/pubx04.nmea"), inPiecesOf: pieceLength, notBefore: pivot)
        #expect(labels.map(\.utc) == [Epoch("2026-06-01T12:00:01Z")?.utc])
    }
}
