import TimeScale

/// Cuts a stream of bytes into the messages of every language that a receiver may speak, mixed as they come.
///
/// Sentences and packets may follow each other in any order. A packet whose end or checksum is wrong was none: the search
/// goes on at its second byte, so that nothing behind a damaged length is lost. Nor is it one where the line has paused
/// twice in it, or a whole sentence lies in it: a header that is noise would otherwise swallow seconds of what follows.
/// Each byte keeps its own time of arrival, so a message that is found late is still stamped right.
///
/// It allocates once, when it is made.
struct FrameScanner: Sendable {
    /// What was found.
    enum Frame: Equatable {
        /// A sentence, for `NMEALexer.withSentence`.
        case sentence
        /// A packet, for `withPacket`.
        case packet(ReceiverProtocol)
        /// Something that was meant to be a message.
        case rejected(ReceiverProtocol, MessageRejection)
    }

    /// Finds sentences, and counts what belongs to no message.
    private(set) var lexer = NMEALexer()
    /// Local time of the first byte of the frame just found.
    private(set) var arrived = Instant.unixEpoch
    /// Where in the stream the frame just found begins, bytes.
    private(set) var offset: UInt64 = 0
    /// Its length, bytes; that of a sentence up to its line end.
    private(set) var length = 0

    /// Bytes that have come, and when; only those from `head` up to `tail` count.
    private var bytes = [UInt8](repeating: 0, count: capacity)
    private var arrivals = [Instant](repeating: .unixEpoch, count: capacity)
    private var head = 0
    private var tail = 0
    /// Where in the stream the byte at `head` stands.
    private var headOffset: UInt64 = 0
    /// The language of the packet that perhaps begins at `head`, how far its end has been searched, and how far what would
    /// show that it is none.
    private var candidate: (language: ReceiverProtocol, examined: Int, watched: Int, pauses: Int)?
    private var sentence = (arrived: Instant.unixEpoch, offset: UInt64(0))
    private var packet = 0..<0

    /// Nothing for so long is a pause: a receiver that writes once a second rests longer between two seconds. One pause
    /// may be the computer's or a network's, in the middle of a packet.
    private static let pause = Interval.milliseconds(300)
    /// Two of the longest packets: when the tail reaches the end, half at most is moved to the front.
    private static let capacity = 2 * PacketFraming.longestPacket

    /// Takes the next byte.
    ///
    /// - Parameters:
    ///   - byte: any byte.
    ///   - arrived: its local time of arrival.
    mutating func append(_ byte: UInt8, arrived: Instant) {
        if head == tail {
            (head, tail) = (0, 0)
        } else if tail == Self.capacity {
            for index in head..<tail {
                bytes[index - head] = bytes[index]
                arrivals[index - head] = arrivals[index]
            }
            (head, tail) = (0, tail - head)
        }
        bytes[tail] = byte
        arrivals[tail] = arrived
        tail += 1
    }

    /// The next frame in what has come.
    ///
    /// - Returns: `nil` where more bytes are wanted. To be called until then after each `append`.
    mutating func next() -> Frame? {
        while head < tail {
            if var (language, examined, watched, pauses) = candidate {
                var measure = PacketFraming.measure(
                    &language, bytes.span.extracting(head..<tail), examined: &examined)
                if measure == .incomplete, isInterrupted(after: &watched, &pauses) {
                    measure = .broken(.interrupted)
                }
                candidate = (language, examined, watched, pauses)
                if measure == .incomplete { return nil }
                if let frame = endPacket(measure, language) { return frame }
            } else {
                let byte = bytes[head]
                let language = PacketFraming.language(beginningWith: byte, outsideSentence: !lexer.isInSentence)
                if let language { candidate = (language, 0, 1, 0) }
                // The first byte of a packet ends a sentence, and is looked at again as what it is.
                if language == nil || lexer.isInSentence, let frame = takeText(byte, staysHere: language != nil) {
                    return frame
                }
            }
        }
        return nil
    }

    /// Hands out the packet that `next` has just found, from its first byte to its last.
    ///
    /// - Parameter body: called once; the bytes are valid within the call only.
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws.
    func withPacket<T, Failure: Error>(_ body: (Span<UInt8>) throws(Failure) -> T) throws(Failure) -> T {
        try body(bytes.span.extracting(packet))
    }

    /// Moves what is remembered of arrival times when the local clock is stepped.
    mutating func shift(by step: Interval) {
        sentence.arrived = sentence.arrived + step
        for index in head..<tail { arrivals[index] = arrivals[index] + step }
    }

    /// Forgets what has begun.
    mutating func reset() {
        lexer.reset()
        headOffset += UInt64(tail - head)
        (head, tail, candidate) = (0, 0, nil)
    }

    /// Whether the line has paused twice in the packet that perhaps begins at `head`, or a sentence has ended in it.
    ///
    /// - Parameters:
    ///   - watched: how many of its bytes have been looked at; to be handed in again with more bytes, as the other.
    ///   - pauses: how many pauses there were in them.
    /// - Returns: whether it is no packet therefore.
    private func isInterrupted(after watched: inout Int, _ pauses: inout Int) -> Bool {
        while head + watched < tail {
            let index = head + watched
            watched += 1
            if arrivals[index] - arrivals[index - 1] > Self.pause { pauses += 1 }
            if pauses > 1 { return true }
            let isLineEnd = bytes[index] == UInt8(ascii: "\r") || bytes[index] == UInt8(ascii: "\n")
            if isLineEnd, NMEALexer.isSentence(before: index, in: bytes.span.extracting(0..<tail), after: head) {
                return true
            }
        }
        return false
    }

    private mutating func endPacket(_ measure: PacketFraming.Measure, _ language: ReceiverProtocol) -> Frame? {
        candidate = nil
        (arrived, offset) = (arrivals[head], headOffset)
        switch measure {
        case .incomplete: return nil
        case .complete(let length):
            packet = head..<head + length
            self.length = length
            head += length
            headOffset += UInt64(length)
            return .packet(language)
        case .noise:
            skip()
            return nil
        case .broken(let reason):
            length = 1
            skip()
            return .rejected(language, reason)
        }
    }

    /// Takes the first byte for noise.
    private mutating func skip() {
        lexer.skip()
        head += 1
        headOffset += 1
    }

    private mutating func takeText(_ byte: UInt8, staysHere: Bool) -> Frame? {
        let outcome = lexer.push(byte)
        (arrived, offset) = sentence
        length = Int(headOffset - sentence.offset)
        if byte == UInt8(ascii: "$") { sentence = (arrivals[head], headOffset) }
        if !staysHere {
            head += 1
            headOffset += 1
        }
        switch outcome {
        case nil: return nil
        case .sentence: return .sentence
        case .rejected(let reason): return .rejected(.nmea, reason)
        }
    }
}
