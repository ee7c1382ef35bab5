import ConfigurationLanguage
import LinuxSystem
import Reports
import Testing
import TimeScale
import Timekeeping

@testable import Daemon

@Suite("State file")
struct StateFileTests {
    /// A date some days after the release.
    static func afterRelease(days: Int64) -> Instant { Release.date + .seconds(days * 86_400) }

    static func files(_ book: borrowing LogBook) -> StateFiles {
        var configuration = Configuration()
        configuration.stateFile = book.file("state")
        return StateFiles(configuration)
    }

    @Test("what one run keeps the next one reads")
    func roundTrip() throws {
        let book = try LogBook()
        var files = Self.files(book)
        var state = KeptState()
        (state.lastGoodTime, state.frequency) = (Self.afterRelease(days: 10), 3e-5)
        files.writeState(state, book.log)
        #expect(files.readState(book.log) == state)
        #expect(try book.read("log").isEmpty)
    }

    @Test("a file that is not there is no fault, a damaged one is told and not used")
    func damage() throws {
        let book = try LogBook()
        #expect(Self.files(book).readState(book.log) == KeptState())
        #expect(try book.lines(.warning).isEmpty)
        try book.write("timeball-state 1\nfrequency 1e-5\n", to: "state")
        #expect(Self.files(book).readState(book.log) == KeptState())
        #expect(try book.lines(.warning).count == 1)
    }

    /// 20 years of 365.25 days are 7305 days.
    @Test("a last good time in the far future is distrusted with a warning", arguments: [7304, 7306, 40_000])
    func farFuture(days: Int64) throws {
        let book = try LogBook()
        var files = Self.files(book)
        var state = KeptState()
        (state.lastGoodTime, state.frequency) = (Self.afterRelease(days: days), 3e-5)
        files.writeState(state, book.log)
        let read = files.readState(book.log)
        #expect(read.frequency == 3e-5)
        #expect((read.lastGoodTime == nil) == (days > 7305))
        #expect(try book.lines(.warning).count == (days > 7305 ? 1 : 0))
    }

    @Test("the earliest date is the latest of those that can be believed")
    func earliestDate() {
        let (early, late) = (Self.afterRelease(days: 10), Self.afterRelease(days: 400))
        let absurd = Self.afterRelease(days: 30_000)
        func date(_ configured: Instant?, _ kept: Instant?, _ inherited: Instant?) -> Instant {
            StateFiles.earliestDate(configured: configured, kept: kept, inherited: inherited)
        }
        #expect(date(nil, nil, nil) == Release.date)
        #expect(date(nil, early, late) == late)
        #expect(date(nil, late, early) == late)
        #expect(date(late, early, nil) == late)
        #expect(date(nil, early, absurd) == early)
        #expect(date(nil, absurd, .unixEpoch) == Release.date)
        // A simulation in the past says so in its configuration.
        #expect(date(.unixEpoch, nil, early) == early)
        #expect(date(.unixEpoch, nil, nil) == .unixEpoch)
    }

    @Test("the state is written every hour, and asked for only then")
    func interval() throws {
        let book = try LogBook()
        var files = Self.files(book)
        for (second, isWritten) in [(0, false), (3599, false), (3600, true), (3601, false), (7200, true)] {
            try Files.remove(book.file("state"))
            let now = MonotonicInstant(nanoseconds: Int64(second) * 1_000_000_000)
            _ = files.tick(frequency: nil, state: KeptState(), now: now, log: book.log)
            #expect(try Files.remove(book.file("state")) == isWritten, "second \(second)")
        }
    }

    @Test("a directory that cannot be written to is told once")
    func unwritable() throws {
        let book = try LogBook()
        var configuration = Configuration()
        configuration.stateFile = book.file("missing") + "/state"
        var files = StateFiles(configuration)
        for _ in 0..<3 { files.writeState(KeptState(), book.log) }
        #expect(try book.lines(.warning).count == 1)
    }
}
