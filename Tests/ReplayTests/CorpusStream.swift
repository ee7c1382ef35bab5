import Foundation
import Receivers
import Testing
import TimeScale

/// A stream of the corpus and the table of what may be reported from it.
struct CorpusStream: CustomTestStringConvertible, Sendable {
    /// `streams/ac12.nmea`.
    let path: String

    var testDescription: String { path }
    var isSynthetic: Bool { path.hasPrefix("synthetic/") }
    /// `ac12`.
    var name: String { URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent }

    /// Every captured stream.
    static let captured = ["nmea", "bin"].flatMap { suffix in
        Corpus.files(in: "streams", withExtension: suffix).map { CorpusStream(path: "streams/\($0)") }
    }

    /// Every synthetic one that is one run of one receiver; `year-two-digit` is six receivers in one file.
    static let synthetic = ["nmea", "ubx"].flatMap { suffix in
        Corpus.files(in: "synthetic", withExtension: suffix).filter { $0 != "year-two-digit.nmea" }
            .map { CorpusStream(path: "synthetic/\($0)") }
    }

    static let all = captured + synthetic

    func bytes() throws -> [UInt8] { try Corpus.bytes(path) }

    /// The epochs that must and that may be reported. Those of class `gpsd`, whose protocol is not decoded on the wire,
    /// are neither.
    func contract() throws -> (must: Set<Epoch>, may: Set<Epoch>) {
        guard isSynthetic else {
            let rows = try Corpus.rows("expected/\(name).must.tsv")
            return (try Self.epochs(rows.filter { $0[1] == "must" }), try Self.epochs(rows.filter { $0[1] == "may" }))
        }
        // A second that the receiver names twice (the leap-insert-dup files) is in the table twice, but is reported
        // once. Rows without an epoch say what must be refused.
        let rows = try Corpus.rows("synthetic/\(name).must.tsv").filter { $0[1] != "-" }.map { Array($0.dropFirst()) }
        // The time of a receiver that says that it has no fix is not to be used; of one that sees false signals, not to
        // be trusted, which is for the source to decide by the status, and not for the decoder.
        let denied = try Self.epochs(rows.filter { $0[1].contains("fixOK=0") })
        let doubtful = try Self.epochs(
            rows.filter { $0[1].contains("spoofDetState=2") || $0[1].contains("spoofDetState=3") })
        return (try Self.epochs(rows).subtracting(doubtful).subtracting(denied), doubtful.subtracting(denied))
    }

    /// What a label names, as the table writes it: to the millisecond, in synthetic tables to the second.
    func epoch(_ label: SecondLabel) -> Epoch {
        // Half a millisecond more: the tables take 0.999999 for the next second.
        let epoch = Epoch(label.utc + Interval(nanoseconds: 500_000), isLeapSecond: label.isLeapSecond)
        return isSynthetic ? Epoch(epoch.utc.startOfSecond, isLeapSecond: epoch.isLeapSecond) : epoch
    }

    /// A decoder as the daemon has it, built a day before the stream began; in 2002 where it names nothing.
    func decoder() throws -> ReceiverDecoder {
        let (must, may) = try contract()
        let first = must.union(may).min()?.utc ?? Instant(nanoseconds: 1_009_843_200 * 1_000_000_000)
        var decoder = ReceiverDecoder(notBefore: first - .seconds(86_400))
        decoder.characterTime = .milliseconds(1)
        return decoder
    }

    private static func epochs(_ rows: [[Substring]]) throws -> Set<Epoch> {
        Set(try rows.map { try #require(Epoch($0[0])) })
    }
}

extension ReceiverDecoder {
    /// Takes a part of a stream whose byte n arrives at n ms, and hands on the events.
    mutating func take(_ bytes: [UInt8], _ part: Range<Int>, _ handle: (ReceiverEvent) -> Void) {
        guard !part.isEmpty else { return }
        consume(
            bytes.span.extracting(part), arrived: .unixEpoch + .milliseconds(Int64(part.upperBound - 1)),
            handle: handle)
    }
}
