import Receivers
import Testing
import TimeScale

/// Real receivers' streams at the level of the decoder, against the corpus's verdicts.
///
/// The verdicts (`expected/*.must.tsv`, `synthetic/*.must.tsv`) come from an independent scanner and from the corpus's
/// author; see the corpus's README.
@Suite("Replay of NMEA streams", .enabled(if: Corpus.isPresent, "the replay corpus is not here"))
struct NMEAReplayTests {
    /// Synthetic files that are not one run of one receiver, and why they are tested apart or not at all.
    static let apart = [
        "pubx04.nmea": "its table has a row without a second: tested below",
        "year-two-digit.nmea": "holds one 12:00:00 in six different years, each for a decoder of its own: tested below",
        "malformed-zoo.nmea": "refusals tested by the reason as well, below",
    ]

    static let pieceLengths = [1, 7, Int.max]

    @Test("the corpus has the files and epochs that its README lists")
    func completeness() throws {
        // Counted in the README's tables: 44 NMEA streams, 3 of them without one epoch (first .. last: none), and 10
        // synthetic ones.
        let names = Corpus.files(in: "streams", withExtension: "nmea")
        #expect(names.count == 44)
        #expect(Corpus.files(in: "synthetic", withExtension: "nmea").count == 10)
        let empty = try names.filter { try Corpus.rows("expected/\($0.dropLast(5)).must.tsv").isEmpty }
        #expect(empty == ["GPSmap-76S.nmea", "tn200.nmea", "ublox-lea-5q.nmea"])
    }

    @Test(
        "a stream yields every second that it must, and none that it may not",
        arguments: Corpus.files(in: "streams", withExtension: "nmea"), pieceLengths)
    func stream(name: String, pieceLength: Int) throws {
        let rows = try Corpus.rows("expected/\(name.dropLast(5)).must.tsv")
        let must = Set(try rows.filter { $0[1] == "must" }.map { try #require(Epoch($0[0])) })
        let may = Set(try rows.filter { $0[1] == "may" }.map { try #require(Epoch($0[0])) })
        let bytes = try Corpus.bytes("streams/\(name)")
        let labels = labels(of: bytes, inPiecesOf: pieceLength, notBefore: pivot(before: must))
        expectOnce(labels)
        let reported = Set(labels.map { Epoch($0.utc, isLeapSecond: $0.isLeapSecond) })
        #expect(must.subtracting(reported).sorted() == [], "missing")
        #expect(reported.subtracting(must).subtracting(may).sorted() == [], "must not be reported")
    }

    @Test(
        "a synthetic stream yields exactly the seconds of its table",
        arguments: Corpus.files(in: "synthetic", withExtension: "nmea").filter { apart[$0] == nil }, pieceLengths)
    func synthetic(name: String, pieceLength: Int) throws {
        // As sets: a second that the receiver names twice (the leap-insert-dup files) is in the table twice, but a
        // decoder reports it once.
        let must = Set(try Corpus.rows("synthetic/\(name.dropLast(5)).must.tsv").map { try #require(Epoch($0[1])) })
        let bytes = try Corpus.bytes("synthetic/\(name)")
        let labels = labels(of: bytes, inPiecesOf: pieceLength, notBefore: pivot(before: must))
        expectOnce(labels)
        #expect(labels.map { Epoch($0.utc, isLeapSecond: $0.isLeapSecond) }.sorted() == must.sorted())
    }

    @Test(
        "a UBX stream yields every second that it must, and none that it may not",
        arguments: [
            "navisys-gr8013", "ublox-8-time", "ublox-aek-4t", "ublox-neo-m8n", "ublox-neo-m8t-s", "ublox-zed-f9p-hp",
            "ublox-lea-4t", "ublox-zed-f9p-rtk",
        ], pieceLengths)
    func ubx(name: String, pieceLength: Int) throws {
        let rows = try Corpus.rows("expected/\(name).must.tsv")
        let must = Set(try rows.filter { $0[1] == "must" }.map { try #require(Epoch($0[0])) })
        let may = Set(try rows.filter { $0[1] == "may" }.map { try #require(Epoch($0[0])) })
        let bytes = try Corpus.bytes("streams/\(name).bin")
        let labels = labels(of: bytes, inPiecesOf: pieceLength, notBefore: pivot(before: must))
        expectOnce(labels)
        let reported = Set(labels.map { Epoch($0.utc + Interval(nanoseconds: 500_000), isLeapSecond: $0.isLeapSecond) })
        #expect(must.subtracting(reported).sorted() == [], "missing")
        #expect(reported.subtracting(must).subtracting(may).sorted() == [], "must not be reported")
    }

    @Test("the zoo of malformed sentences yields the seconds of its table and no others", arguments: pieceLengths)
    func zoo(pieceLength: Int) throws {
        // Where the table leaves the policy open (rows 36 and 37, marked as rejected), we reject as well: an unknown
        // talker, and a sentence of more than 128 bytes.
        let must = try Corpus.rows("synthetic/malformed-zoo.must.tsv").filter { $0[1] != "-" }
            .map { try #require(Epoch($0[1])) }
        let bytes = try Corpus.bytes("synthetic/malformed-zoo.nmea")
        let labels = labels(of: bytes, inPiecesOf: pieceLength, notBefore: pivot(before: Set(must)))
        // Row 38 carries nanoseconds in the stream and none in the table.
        #expect(labels.map { $0.utc.startOfSecond } == must.map(\.utc))
        #expect(labels.contains { $0.utc.nanosecondsOfSecond == 123_456_789 })
    }

    @Test("two-digit years are put after the build date", arguments: zip(0..<5, [2079, nil, nil, nil, 2026]))
    func twoDigitYear(row: Int, year: Int?) throws {
        // The table: years 80, 99 and 00 must not be taken for 1980, 1999 and 2000 with a pivot in 2026.
        let bytes = try Corpus.bytes("synthetic/year-two-digit.nmea")
        let line = Array(bytes.split(separator: 0x0a)[row]) + [0x0a]
        let pivot = try #require(Epoch("2026-01-01T00:00:00Z")).utc
        let label = try #require(labels(of: line, inPiecesOf: .max, notBefore: pivot).first)
        if let year {
            #expect(label.utc == Epoch("\(year)-06-01T12:00:00Z")?.utc)
            #expect(label.weekRollovers == 0)
        } else {
            #expect(CivilTime(label.utc).year >= 2026)
            #expect(label.weekRollovers > 0)
        }
    }

    @Test("a ZDA with a two-digit year gets the century of its RMC")
    func twoDigitZDA() throws {
        let lines = try Corpus.bytes("synthetic/year-two-digit.nmea").split(separator: 0x0a)
        let bytes = Array(lines[4...].joined(separator: [0x0a])) + [0x0a]
        let labels = labels(of: bytes, inPiecesOf: .max, notBefore: try #require(Epoch("2026-01-01T00:00:00Z")).utc)
        #expect(labels.map(\.utc) == [Epoch("2026-06-01T12:00:00Z")?.utc, Epoch("2026-06-01T12:00:01Z")?.utc])
    }

    @Test("a receiver that is 1024 weeks behind is put right and flagged", arguments: pieceLengths)
    func rollover(pieceLength: Int) throws {
        let bytes = try Corpus.bytes("synthetic/rollover-2038.nmea")
        let pivot = try #require(Epoch("2038-06-01T00:00:00Z")).utc
        let labels = labels(of: bytes, inPiecesOf: pieceLength, notBefore: pivot)
        #expect(labels.first?.utc == Epoch("2038-11-21T00:00:00Z")?.utc)
        #expect(labels.count == 5)
        #expect(labels.allSatisfy { $0.weekRollovers == 1 })
    }

    @Test("PUBX,04 labels once its leap seconds are heard from a satellite", arguments: pieceLengths)
    func pubx(pieceLength: Int) throws {
        let pivot = try #require(Epoch("2026-01-01T00:00:00Z")).utc
        let labels = labels(of: try Corpus.bytes("synthetic/pubx04.nmea"), inPiecesOf: pieceLength, notBefore: pivot)
        #expect(labels.map(\.utc) == [Epoch("2026-06-01T12:00:01Z")?.utc])
    }

    @Test(
        "a stream of a language that is not decoded yields no label",
        arguments: ["bu303-moving", "bu303-nofix", "bu303-stillfix", "skytraq-bin"])
    func binary(name: String) throws {
        #expect(labels(of: try Corpus.bytes("streams/\(name).bin"), inPiecesOf: .max, notBefore: .unixEpoch) == [])
    }

    /// A day before the first epoch of a stream, or 2002 for a stream without one: the part of the build date.
    private func pivot(before epochs: Set<Epoch>) -> Instant {
        (epochs.min()?.utc ?? Instant(nanoseconds: 1_009_843_200 * 1_000_000_000)) - .seconds(86_400)
    }

    private func expectOnce(_ labels: [SecondLabel]) {
        let epochs = labels.map { Epoch($0.utc, isLeapSecond: $0.isLeapSecond) }
        #expect(Set(epochs).count == epochs.count, "an epoch is reported more than once")
    }
}
