import Foundation
import SimulatedWorld
import TimeScale

/// The sentences of a real receiver, second by second, with their dates moved to today.
///
/// The streams are gpsd's captures in the corpus beside the package (`TIMEBALL_SHARED`, by default `../shared`); each
/// keeps its talkers, its order and its other sentences. Without the corpus an imagined receiver stands in, loudly.
struct RealStream: Sendable {
    /// The bursts in order, one for each second, as arrays of sentences without frame and checksum.
    private let bursts: [[String]]

    /// Where the corpus is, or should be.
    static let corpus: String = {
        let shared = ProcessInfo.processInfo.environment["TIMEBALL_SHARED"]
        let folder = shared ?? URL(fileURLWithPath: Programs.root).deletingLastPathComponent().path + "/shared"
        return "\(folder)/corpus"
    }()

    /// Whether it is there; says so where it is not.
    static let hasCorpus: Bool = {
        let isThere = FileManager.default.fileExists(atPath: "\(corpus)/streams")
        if !isThere { Programs.skip("REAL STREAMS", "no \(corpus)") }
        return isThere
    }()

    /// The UTC epochs that a driver may report from a stream, as the corpus has them.
    static func epochs(_ stream: String) throws -> Set<String> {
        let text = try String(contentsOfFile: "\(corpus)/expected/\(stream).must.tsv", encoding: .utf8)
        return Set(text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { String($0.prefix { $0 != "\t" }) })
    }

    /// Reads a stream of the corpus.
    ///
    /// - Parameter name: without `.nmea`; a stream at 1 Hz with a fix from beginning to end.
    init(_ name: String) {
        guard let data = Self.file("\(name).nmea") else {
            Programs.skip(
                "REAL STREAM '\(name)'", "no \(Self.corpus)/streams/\(name).nmea; an imagined receiver stands in")
            bursts = []
            return
        }
        bursts = Self.bursts(of: String(decoding: data, as: UTF8.self))
    }

    /// A stream as it is, by its whole name; `nil` without the corpus.
    static func file(_ name: String) -> Data? { FileManager.default.contents(atPath: "\(corpus)/streams/\(name)") }

    /// Whether an imagined receiver stands in.
    var isImagined: Bool { bursts.isEmpty }

    /// The sentences that name a second of UTC, as bytes.
    func bytes(for second: Instant) -> [UInt8] {
        guard !bursts.isEmpty else { return ImaginedReceiver().burst(for: second) }
        let burst = bursts[Int(second.wholeSeconds) % bursts.count]
        return burst.flatMap { ImaginedReceiver.sentence(Self.redated($0, to: CivilTime(second))) }
    }

    /// Splits a stream where the time of day changes; the first and the last burst may be cut and are left out.
    private static func bursts(of text: String) -> [[String]] {
        var bursts: [[String]] = []
        var time = ""
        for line in text.split(whereSeparator: \.isNewline) {
            guard line.hasPrefix("$"), let star = line.lastIndex(of: "*") else { continue }
            let body = String(line[line.index(after: line.startIndex)..<star])
            let named = timeField(of: body).map { body.split(separator: ",", omittingEmptySubsequences: false)[$0] }
            if let named, !named.isEmpty, named != time {
                time = String(named)
                bursts.append([])
            }
            if !bursts.isEmpty { bursts[bursts.count - 1].append(body) }
        }
        return Array(bursts.dropFirst().dropLast())
    }

    /// Which field of a sentence is the time of day.
    private static func timeField(of body: String) -> Int? {
        guard body.count > 5, body.hasPrefix("G") else { return nil }
        switch body.dropFirst(2).prefix(4) {
        case "RMC,", "GGA,", "ZDA,", "GNS,": return 1
        case "GLL,": return 5
        default: return nil
        }
    }

    private static func redated(_ body: String, to time: CivilTime) -> String {
        guard let field = timeField(of: body) else { return body }
        var fields = body.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let clock = digits(time.hour) + digits(time.minute) + digits(time.second)
        fields[field] = clock + fields[field].dropFirst(6).map { $0.isNumber ? "0" : $0 }
        let (day, month, year) = (digits(time.day), digits(time.month), String(time.year))
        switch body.dropFirst(2).prefix(3) {
        case "RMC": fields[9] = day + month + String(year.suffix(2))
        case "ZDA": fields.replaceSubrange(2...4, with: [day, month, year])
        default: break
        }
        return fields.joined(separator: ",")
    }

    private static func digits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
