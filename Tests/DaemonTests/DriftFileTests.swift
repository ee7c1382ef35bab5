import ConfigurationLanguage
import LinuxSystem
import Reports
import Testing
import TimeScale
import Timekeeping

@testable import Daemon

@Suite("Drift file")
struct DriftFileTests {
    /// ntpd writes the correction in ppm, positive for a slow clock; our frequency is positive for a fast one.
    @Test(
        "the file's number is a correction in ppm",
        arguments: [
            ("12.5\n", -12.5e-6), ("-12.5\n", 12.5e-6), ("0.000\n", 0), ("500", -500e-6), ("-500.0", 500e-6),
            ("  3.25\r\n", -3.25e-6), ("1.5 0.003\n", -1.5e-6), ("+7", -7e-6),
        ])
    func reading(text: String, frequency: Double) throws {
        let book = try LogBook()
        try book.write(text, to: "drift")
        let read = try #require(Self.files(book).readFrequency(book.log))
        // 1e-18 is far below the 1e-12 that the file resolves.
        #expect(abs(read - frequency) < 1e-18)
        #expect(try book.lines(.warning).isEmpty)
    }

    @Test(
        "what is no frequency within the kernel's range is said and not used",
        arguments: ["", "\n", "garbage", "12,5", "500.001", "-501", "1e9", "inf", "nan", "\u{0}\u{0}\u{0}"])
    func garbage(text: String) throws {
        let book = try LogBook()
        try book.write(text, to: "drift")
        #expect(Self.files(book).readFrequency(book.log) == nil)
        let warnings = try book.lines(.warning)
        #expect(warnings.count == 1)
        #expect(warnings.first?.hasSuffix("is no frequency in ppm within ±500, starting without") == true)
    }

    @Test("a file that is not there is no fault")
    func absent() throws {
        let book = try LogBook()
        #expect(Self.files(book).readFrequency(book.log) == nil)
        #expect(try book.lines(.warning).isEmpty)
        #expect(try book.lines(.info).count == 1)
    }

    @Test("without a drift file nothing is read, written or said")
    func none() throws {
        let book = try LogBook()
        var files = StateFiles(Configuration(), isThreaded: false)
        var alarms = AlarmList()
        #expect(files.readFrequency(book.log) == nil)
        files.write(frequency: 1e-6, state: nil, now: StateFileTests.at(0), alarms: &alarms, log: book.log)
        #expect(try book.read("log").isEmpty)
    }

    @Test(
        "the frequency is written as ntpd's correction and read back",
        arguments: [
            (-12.5e-6, "12.500000\n"), (12.5e-6, "-12.500000\n"), (0, "0.000000\n"), (1e-15, "0.000000\n"),
            (-0.123_456_7e-6, "0.123457\n"),
        ])
    func writing(frequency: Double, text: String) throws {
        let book = try LogBook()
        var files = Self.files(book)
        var alarms = AlarmList()
        files.write(frequency: frequency, state: nil, now: StateFileTests.at(0), alarms: &alarms, log: book.log)
        #expect(try book.read("drift") == text)
        let read = try #require(files.readFrequency(book.log))
        // Six digits of ppm: half a unit is 0.5e-12.
        #expect(abs(read - frequency) <= 0.500001e-12)
    }

    @Test("a frequency that is not known leaves the file alone")
    func unknown() throws {
        let book = try LogBook()
        try book.write("3.000\n", to: "drift")
        var files = Self.files(book)
        var alarms = AlarmList()
        files.write(frequency: nil, state: nil, now: StateFileTests.at(0), alarms: &alarms, log: book.log)
        #expect(try book.read("drift") == "3.000\n")
    }

    @Test("a directory that cannot be written to is told once, and its return too")
    func unwritable() throws {
        let book = try LogBook()
        var configuration = Configuration()
        // A directory that does not exist; permissions would not stop root.
        configuration.driftFile = book.file("missing") + "/drift"
        var files = StateFiles(configuration, isThreaded: false)
        var alarms = AlarmList()
        for step in 0..<3 {
            files.write(frequency: 1e-6, state: nil, now: StateFileTests.at(0), alarms: &alarms, log: book.log)
            book.log.info("write \(step)")
        }
        let warnings = try book.lines(.warning)
        #expect(warnings.count == 1)
        #expect(warnings.first?.hasSuffix("the frequency is kept in memory") == true)
    }

    @Test("the file is written an hour after the frequency is known, and every hour from then on")
    func interval() throws {
        let book = try LogBook()
        var files = Self.files(book)
        var alarms = AlarmList()
        /// Ticks at a second since the start; whether the file was written.
        func tick(_ second: Int64, _ frequency: Double?) throws -> Bool {
            try Files.remove(book.file("drift"))
            let now = MonotonicInstant(nanoseconds: 0) + .seconds(second)
            _ = files.tick(
                frequency: frequency, state: KeptState(), isLocked: false, now: now, alarms: &alarms, log: book.log)
            return try Files.remove(book.file("drift"))
        }
        #expect(try !tick(0, nil))
        #expect(try !tick(5000, nil))
        #expect(try !tick(5001, 1e-6))
        #expect(try !tick(8600, 1e-6))
        #expect(try tick(8601, 1e-6))
        #expect(try !tick(8602, 1e-6))
        #expect(try !tick(12_200, 1e-6))
        #expect(try tick(12_201, 1e-6))
    }

    private static func files(_ book: borrowing LogBook) -> StateFiles {
        var configuration = Configuration()
        configuration.driftFile = book.file("drift")
        return StateFiles(configuration, isThreaded: false)
    }
}
