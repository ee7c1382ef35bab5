/// What makes a `leap-seconds.list` unusable.
public enum LeapSecondListError: Error, Equatable, Sendable {
    /// A line is neither a remark nor `NTP-seconds TAI−UTC`.
    case malformed(line: Int)
    /// A date is not later than the one before it, is out of range, or the offset jumps by more than a second.
    case outOfOrder(line: Int)
    /// There is no data line at all.
    case empty
    /// The `#h` line is missing or has not five hexadecimal words.
    case noHash
    /// The contents do not match the `#h` line: the file was damaged or edited.
    case hashMismatch
}

extension LeapSecondTable {
    /// Reads a `leap-seconds.list` as IERS and NIST publish it.
    ///
    /// The `#h` hash covers the digits of the `#$` value, the `#@` value and every data line's two numbers, with no
    /// blanks between. A missing `#@` line means that the table does not expire.
    ///
    /// - Parameters:
    ///   - bytes: the whole file.
    ///   - sha1: SHA-1 of its argument as five big-endian words, which the caller brings, so that this floor
    ///     needs no cryptography; `nil` leaves the hash unchecked.
    /// - Throws: `LeapSecondListError`.
    public init(list bytes: [UInt8], sha1: (([UInt8]) -> [UInt32])?) throws(LeapSecondListError) {
        var reader = ListReader()
        for (index, line) in bytes.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated() {
            try reader.read(line, number: index + 1)
        }
        guard !reader.entries.isEmpty else { throw .empty }
        if let sha1 {
            guard let hash = reader.hash else { throw .noHash }
            guard sha1(reader.hashedDigits) == hash else { throw .hashMismatch }
        }
        self.init(entries: reader.entries, expires: reader.expires)
    }
}

/// Collects the lines of a `leap-seconds.list`.
private struct ListReader {
    var entries: [LeapSecondTable.Entry] = []
    var expires: Instant?
    var hash: [UInt32]?
    private var expiryDigits: [UInt8] = []
    private var updateDigits: [UInt8] = []
    private var dataDigits: [UInt8] = []

    mutating func read(_ line: ArraySlice<UInt8>, number: Int) throws(LeapSecondListError) {
        let words = line.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }
        guard let first = words.first else { return }
        switch (first.first, first.dropFirst().first) {
        case (0x23, 0x24): updateDigits = Array(words.dropFirst().first ?? [])
        case (0x23, 0x40): try readExpiry(words, number: number)
        case (0x23, 0x68): hash = Self.hashWords(words.dropFirst())
        case (0x23, _): break
        default: try readEntry(words, number: number)
        }
    }

    /// The bytes that the hash covers, in the order of the specification.
    var hashedDigits: [UInt8] { updateDigits + expiryDigits + dataDigits }

    private mutating func readExpiry(_ words: [ArraySlice<UInt8>], number: Int) throws(LeapSecondListError) {
        guard words.count >= 2, let moment = Self.moment(words[1]) else { throw .malformed(line: number) }
        expires = moment
        expiryDigits = Array(words[1])
    }

    private mutating func readEntry(_ words: [ArraySlice<UInt8>], number: Int) throws(LeapSecondListError) {
        guard words.count >= 2, let since = Self.moment(words[0]),
            let offset = Int(String(decoding: words[1], as: UTF8.self)), (0...1000).contains(offset)
        else { throw .malformed(line: number) }
        if let last = entries.last, since <= last.since || abs(offset - last.taiMinusUTC) != 1 {
            throw .outOfOrder(line: number)
        }
        entries.append(.init(since: since, taiMinusUTC: offset))
        dataDigits += words[0] + words[1]
    }

    /// A moment from decimal seconds since 1900.
    private static func moment(_ digits: ArraySlice<UInt8>) -> Instant? {
        guard let seconds = Int64(String(decoding: digits, as: UTF8.self)), seconds >= 0, seconds < 1 << 34 else {
            return nil
        }
        return Instant(seconds: seconds - NTPTimestamp.secondsFrom1900To1970)
    }

    private static func hashWords(_ words: ArraySlice<ArraySlice<UInt8>>) -> [UInt32]? {
        let values = words.compactMap { UInt32(String(decoding: $0, as: UTF8.self), radix: 16) }
        return values.count == 5 && words.count == 5 ? values : nil
    }
}
