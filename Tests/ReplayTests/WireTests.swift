import Receivers
import Testing
import TimeScale

/// Frame by frame: what the decoder makes of each, against `expected/*.wire.tsv`, which an independent scanner wrote.
@Suite("Every frame of the corpus", .enabled(if: Corpus.isPresent, "the replay corpus is not here"))
struct WireTests {
    /// A row of the table.
    private struct Row {
        let offset: UInt64
        let length: Int
        let language: Substring
        let name: Substring
        let flags: Substring
        let moment: Epoch?
        let verdict: Substring
        let reason: Substring

        init(_ fields: [Substring]) throws {
            offset = try #require(UInt64(fields[0]))
            length = try #require(Int(fields[1]))
            (language, name, moment) = (fields[2], fields[3], Epoch(fields[9]))
            (verdict, reason, flags) = (fields[13], fields[14], fields[15])
        }
    }

    /// The table's reasons for a refusal by how they begin, ours, and why ours is the same.
    private static let reasons: [(table: String, ours: Set<MessageRejection>, why: String)] = [
        ("bad checksum", [.badChecksum], "the same"),
        ("status V", [.noFix], "a void status is no fix"),
        ("quality", [.noFix], "the qualities none, estimated, manual and simulated are no fix"),
        ("ZDA but same-time", [.noFix], "the sentence of that time says so"),
        ("ZDA with no status sentence anywhere", [.noStatus], "the same"),
        ("blank/invalid date", [.noDate, .badDate], "ours tell blank from impossible"),
        ("blank/invalid time", [.noTime, .badTime, .noFix], "the row has status V, which is looked at first"),
        ("no fix", [.noFix], "the same"),
    ]

    /// Rows on which we differ, by stream, message and the table's reason, with what we say and why.
    private static let differences: [(stream: String, name: String, reason: String, ours: FrameVerdict.Verdict)] = [
        // SiRF is framed and not decoded, so that nothing is said about its contents.
        ("bu303-moving", "MID41", "no fix", .ignored),
        ("bu303-nofix", "MID41", "no fix", .ignored),
        ("bu303-nofix", "MID2", "no fix", .ignored),
        ("bu303-stillfix", "MID41", "no fix", .ignored),
        // The table looks ahead to the RMC of the same second; a label is not held back for it. One ZDA, the first.
        ("quectel-L70", "GPZDA", "date+time; gated by same-time GPRMC", .rejected(.noStatus)),
    ]

    @Test("each frame has the table's place, name, verdict, moment and reason", arguments: CorpusStream.captured)
    func frames(stream: CorpusStream) throws {
        let rows = try Corpus.rows("expected/\(stream.name).wire.tsv").map { try Row($0) }
        var decoder = try stream.decoder()
        decoder.reportsFrames = true
        let bytes = try stream.bytes()
        var frames: [UInt64: FrameVerdict] = [:]
        decoder.take(bytes, 0..<bytes.count) { event in
            guard case .frame(let frame) = event else { return }
            #expect(frames.updateValue(frame, forKey: frame.offset) == nil, "two frames at \(frame.offset)")
        }
        var differing = Set(Self.differences.indices.filter { Self.differences[$0].stream == stream.name })
        for row in rows where row.language != "junk" {
            let found = frames.removeValue(forKey: row.offset)
            let frame = try #require(found, "no frame at \(row.offset)")
            #expect(frame.length == row.length, "length at \(row.offset)")
            #expect(frame.name.language.description == row.language, "language at \(row.offset)")
            #expect(isSame(frame.name, row.name), "\(frame.name) at \(row.offset), \(row.name) in the table")
            if agrees(frame.verdict, row) { continue }
            let listed = Self.differences.indices.first {
                let difference = Self.differences[$0]
                return difference.stream == stream.name && difference.name == row.name
                    && difference.reason == row.reason && difference.ours == frame.verdict
            }
            #expect(listed != nil, "\(row.name) at \(row.offset): \(frame.verdict), \(row.reason)")
            listed.map { _ = differing.remove($0) }
        }
        #expect(frames.isEmpty, "frames that the table does not have")
        // A difference that is listed is one: the program says so, and the table something else.
        #expect(differing.map { Self.differences[$0].name } == [])
    }

    /// The table names packets of TSIP version 1 by their first identifier, where it does not decode them, and makers'
    /// sentences without their kind.
    private func isSame(_ name: MessageName, _ word: Substring) -> Bool {
        let ours = name.description
        return ours == word || name.language == .tsip && ours.hasPrefix(word + "-")
            || name.language == .nmea && ours.hasPrefix(word + ",")
    }

    private func agrees(_ ours: FrameVerdict.Verdict, _ row: Row) -> Bool {
        switch (row.verdict, ours) {
        case ("info", .ignored), ("accept", .accepted(nil)): return true
        case ("accept", .accepted(let moment?)):
            return row.moment?.utc == Epoch(moment + Interval(nanoseconds: 500_000), isLeapSecond: false).utc
        case ("reject", .rejected(let reason)):
            return Self.reasons.contains { row.reason.hasPrefix($0.table) && $0.ours.contains(reason) }
        default: return false
        }
    }
}
