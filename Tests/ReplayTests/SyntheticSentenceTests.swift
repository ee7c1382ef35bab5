import Receivers
import Testing
import TimeScale

/// What the tables of the synthetic sentences say beyond the epochs, which `CorpusTests` has.
@Suite("Synthetic sentences", .enabled(if: Corpus.isPresent, "the replay corpus is not here"))
struct SyntheticSentenceTests {
    static let pieceLengths = [1, 7, Int.max]

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

    // The table's years are 79, 80, 99, 00 and 26, on the first of June, and must not be taken for 1980, 1999 and 2000.
    // Candidates from 1980 on that are not before 2026, with as many times 7168 days as that takes: 1980-06-01 + 3 · 7168
    // is 2039-04-17, 1999-06-01 + 2 · 7168 is 2038-08-31, 2000-06-01 + 2 · 7168 is 2039-09-01 (Python's datetime); later
    // centuries are later.
    @Test(
        "two-digit years are put after the build date",
        arguments: [
            (0, "2079-06-01", 0), (1, "2039-04-17", 3), (2, "2038-08-31", 2), (3, "2039-09-01", 2),
            (4, "2026-06-01", 0),
        ])
    func twoDigitYear(row: Int, date: String, rollovers: Int) throws {
        let bytes = try Corpus.bytes("synthetic/year-two-digit.nmea")
        let line = Array(bytes.split(separator: 0x0a)[row]) + [0x0a]
        let pivot = try #require(Epoch("2026-01-01T00:00:00Z")).utc
        let label = try #require(labels(of: line, inPiecesOf: .max, notBefore: pivot).first)
        #expect(label.utc == Epoch("\(date)T12:00:00Z")?.utc)
        #expect(label.weekRollovers == rollovers)
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

    /// A day before the first epoch of a stream, or 2002 for a stream without one: the part of the build date.
    private func pivot(before epochs: Set<Epoch>) -> Instant {
        (epochs.min()?.utc ?? Instant(nanoseconds: 1_009_843_200 * 1_000_000_000)) - .seconds(86_400)
    }
}
