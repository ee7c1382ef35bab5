import ConfigurationLanguage
import LinuxSystem
import Reports
import Testing
import TimeScale
import Timekeeping

@testable import Daemon

@Suite("Leap second file")
struct LeapFileTests {
    /// One leap second after those known, expiry 2099-01-01; no hash. 2272060800 is 1972-01-01, 6311433600 is
    /// 2100-01-01, 6279897600 is 2099-01-01 in seconds since 1900 (Python).
    private static let newer = "#$ 3960835200\n#@ 6279897600\n2272060800 10\n6311433600 11\n"
    /// Its hash by sha1sum(1) of the digits that it covers.
    private static let hash = "#h 699c939a dacd7884 0cb9d920 265e6349 a68af938\n"

    @Test("a newer file is used")
    func used() throws {
        let book = try LogBook()
        try book.write(Self.newer + Self.hash, to: "leap")
        let table = try #require(Self.files(book).readLeapSeconds(book.log))
        #expect(table.entries.map(\.taiMinusUTC) == [10, 11])
        #expect(try book.lines(.error).isEmpty)
    }

    @Test("a file without hash is used where the configuration says so")
    func unchecked() throws {
        let book = try LogBook()
        try book.write(Self.newer, to: "leap")
        let table = try #require(Self.files(book, checksHash: false).readLeapSeconds(book.log))
        #expect(table.entries.count == 2)
    }

    @Test(
        "a damaged file is an error in the log, and what was known stays",
        arguments: [
            (newer, "noHash"), (newer + "#h 1 2 3 4 5\n", "hashMismatch"), ("", "empty"),
            ("2272060800 ten\n", "malformed(line: 1)"), ("2272060800 10\n2272060800 11\n", "outOfOrder(line: 2)"),
        ])
    func damaged(text: String, error: String) throws {
        let book = try LogBook()
        try book.write(text, to: "leap")
        #expect(Self.files(book).readLeapSeconds(book.log) == nil)
        #expect(try book.lines(.error) == ["\(book.file("leap")): \(error), keeping the leap seconds known so far"])
    }

    @Test("a file that is not there is a warning, and what was known stays")
    func absent() throws {
        let book = try LogBook()
        #expect(Self.files(book).readLeapSeconds(book.log) == nil)
        let warnings = try book.lines(.warning).filter { $0.hasSuffix("keeping the leap seconds known so far") }
        #expect(warnings.count == 1)
    }

    @Test("a file that expires before the table built in is not used")
    func older() throws {
        let book = try LogBook()
        // 3786825600 is 2020-01-01.
        try book.write("#@ 3786825600\n2272060800 10\n", to: "leap")
        #expect(Self.files(book, checksHash: false).readLeapSeconds(book.log) == .builtIn)
        #expect(try book.lines(.info).contains { $0.hasSuffix("older than the leap seconds built in, which are used") })
    }

    @Test("a file larger than any such file is refused")
    func tooLarge() throws {
        let book = try LogBook()
        try book.write(String(repeating: "#", count: 1 << 20) + "\n" + Self.newer, to: "leap")
        #expect(Self.files(book, checksHash: false).readLeapSeconds(book.log) == nil)
    }

    @Test("without a file the table built in is used, and the file is not missed")
    func none() throws {
        let book = try LogBook()
        #expect(StateFiles(Configuration()).readLeapSeconds(book.log) == .builtIn)
        #expect(try book.lines(.error).isEmpty)
    }

    @Test("the file is looked at again each day")
    func daily() throws {
        let book = try LogBook()
        try book.write(Self.newer + Self.hash, to: "leap")
        var files = Self.files(book)
        var alarms = AlarmList()
        let start = MonotonicInstant(nanoseconds: 7)
        let seconds: [Int64] = [0, 86_399, 86_400, 86_401, 172_799, 172_800]
        let read = seconds.map {
            files.tick(
                frequency: nil, state: KeptState(), isLocked: false, now: start + .seconds($0), alarms: &alarms,
                log: book.log) != nil
        }
        #expect(read == [false, false, true, false, false, true])
    }

    private static func files(_ book: borrowing LogBook, checksHash: Bool = true) -> StateFiles {
        var configuration = Configuration()
        configuration.leapFile = book.file("leap")
        configuration.leapFileHashChecked = checksHash
        return StateFiles(configuration)
    }
}
