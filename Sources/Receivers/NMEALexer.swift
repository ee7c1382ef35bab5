/// Cuts a stream of bytes into NMEA 0183 sentences and proves their checksums.
///
/// It finds its way back after any damage: a `$` begins a sentence wherever it stands, even within another; CR, LF or
/// the next `$` or `!` ends one. Everything outside sentences (noise, AIS sentences, tag blocks, binary protocols) is
/// skipped and counted. A byte that no sentence may contain drops the sentence, and an endless line is dropped; neither
/// stops the port.
///
/// No allocation.
struct NMEALexer: Sendable {
    /// What a byte brought to an end.
    enum Outcome: Sendable, Equatable {
        /// A whole sentence with the right checksum; read it with `withSentence` before the next byte.
        case sentence
        /// A sentence that cannot be used.
        case rejected(MessageRejection)
    }

    /// Bytes outside sentences so far: noise, other protocols, the remainders of dropped sentences; no line ends.
    private(set) var skippedBytes: UInt64 = 0

    /// Whether a `$` has come and its sentence goes on.
    private(set) var isInSentence = false

    /// Room between the `$` and the line end, and so for sentences of 128 bytes: the standard says 82, real receivers send
    /// up to 117 (proprietary sentences of the replay corpus).
    private var text = [125 of UInt8](repeating: 0)
    /// The same length once more, for `isSentence`.
    private static let longest = 128
    /// Bytes of the current sentence in `text`.
    private var count = 0
    /// Bytes of the sentence in `text` that has ended, without the checksum.
    private var sentenceLength = 0

    /// A lexer that waits for its first `$`.
    init() {}

    /// Takes the next byte of the stream.
    ///
    /// - Parameter byte: any byte.
    /// - Returns: what the byte brought to an end; `nil` within and outside sentences.
    mutating func push(_ byte: UInt8) -> Outcome? {
        switch byte {
        case UInt8(ascii: "$"):
            let outcome = isInSentence ? endByInterruption() : nil
            (isInSentence, count) = (true, 0)
            return outcome
        case UInt8(ascii: "!") where isInSentence:
            isInSentence = false
            return endByInterruption()
        case UInt8(ascii: "\r") where isInSentence, UInt8(ascii: "\n") where isInSentence:
            isInSentence = false
            return verdict()
        case UInt8(ascii: "\r"), UInt8(ascii: "\n"):
            return nil
        case _ where !isInSentence:
            skippedBytes += 1
            return nil
        case 0x20...0x7e:
            return append(byte)
        default:
            (isInSentence, sentenceLength) = (false, count)
            return .rejected(.illegalByte)
        }
    }

    /// Counts a byte that belongs to no message.
    mutating func skip() { skippedBytes += 1 }

    /// Forgets a sentence that has begun; the count of skipped bytes stays.
    mutating func reset() {
        (isInSentence, count, sentenceLength) = (false, 0, 0)
    }

    /// Hands out the sentence that `push` has just ended: the bytes after `$` and before `*`; of one that was rejected,
    /// what there is.
    ///
    /// - Parameter body: called once with the text, which is valid within the call only.
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws.
    func withSentence<T, Failure: Error>(_ body: (Span<UInt8>) throws(Failure) -> T) throws(Failure) -> T {
        try body(text.span.extracting(0..<sentenceLength))
    }

    private mutating func append(_ byte: UInt8) -> Outcome? {
        guard count < text.count else {
            (isInSentence, sentenceLength) = (false, count)
            return .rejected(.tooLong)
        }
        text[count] = byte
        count += 1
        return nil
    }

    /// Ends a sentence whose line end is missing: it counts where its checksum is complete.
    ///
    /// `$$` begins one sentence, not two: some receivers send it.
    private mutating func endByInterruption() -> Outcome? {
        guard count > 0 else { return nil }
        sentenceLength = count
        let isComplete = count >= 3 && text[count - 3] == UInt8(ascii: "*")
        return isComplete ? verdict() : .rejected(.interrupted)
    }

    /// Checks the checksum: the exclusive or of the bytes between `$` and `*`, as two hexadecimal digits of either case.
    private mutating func verdict() -> Outcome {
        var (star, sum) = (0, UInt8(0))
        while star < count, text[star] != UInt8(ascii: "*") {
            sum ^= text[star]
            star += 1
        }
        sentenceLength = star
        guard star < count else { return .rejected(.noChecksum) }
        guard star + 3 == count, let high = Self.hexDigit(text[star + 1]), let low = Self.hexDigit(text[star + 2]),
            high << 4 | low == sum
        else { return .rejected(.badChecksum) }
        return .sentence
    }

    /// Whether a sentence with the right checksum ends before a byte, and begins after another.
    static func isSentence(before end: Int, in bytes: Span<UInt8>, after first: Int) -> Bool {
        guard end - first > 5, bytes[end - 3] == UInt8(ascii: "*"), let high = hexDigit(bytes[end - 2]),
            let low = hexDigit(bytes[end - 1])
        else { return false }
        var (index, sum) = (end - 4, UInt8(0))
        while index > first, index >= end - longest, (0x20...0x7e).contains(bytes[index]) {
            if bytes[index] == UInt8(ascii: "$") { return sum == high << 4 | low }
            sum ^= bytes[index]
            index -= 1
        }
        return false
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
