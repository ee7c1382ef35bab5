import ConfigurationLanguage
import Glibc
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

    static func files(_ book: borrowing LogBook, _ path: String = "state") -> StateFiles {
        var configuration = Configuration()
        configuration.stateFile = book.file(path)
        return StateFiles(configuration, isThreaded: false)
    }

    /// A reading so many seconds after an arbitrary zero.
    static func at(_ second: Int64) -> MonotonicInstant { MonotonicInstant(nanoseconds: second * 1_000_000_000) }

    @Test("what one run keeps the next one reads")
    func roundTrip() throws {
        let book = try LogBook()
        var files = Self.files(book)
        var state = KeptState()
        (state.lastGoodTime, state.frequency) = (Self.afterRelease(days: 10), 3e-5)
        var alarms = AlarmList()
        files.write(frequency: nil, state: state, now: Self.at(0), alarms: &alarms, log: book.log)
        var read = files.readState(book.log)
        // The first writing fills both slots.
        #expect(read.sequence == 2)
        read.sequence = 0
        #expect(read == state)
        #expect(try book.read("log").isEmpty)
    }

    /// 20 years of 365.25 days are 7305 days.
    @Test("a last good time in the far future is distrusted with a warning", arguments: [7304, 7306, 40_000])
    func farFuture(days: Int64) throws {
        let book = try LogBook()
        var files = Self.files(book)
        var state = KeptState()
        (state.lastGoodTime, state.frequency) = (Self.afterRelease(days: days), 3e-5)
        var alarms = AlarmList()
        files.write(frequency: nil, state: state, now: Self.at(0), alarms: &alarms, log: book.log)
        let read = files.readState(book.log)
        #expect(read.frequency == 3e-5)
        #expect((read.lastGoodTime == nil) == (days > 7305))
        #expect(try book.lines(.warning).count == (days > 7305 ? 1 : 0))
    }

    @Test("the earliest date is the latest of those that can be believed, and says whose it is")
    func earliestDate() throws {
        let files = Self.files(try LogBook())
        let (early, late) = (Self.afterRelease(days: 10), Self.afterRelease(days: 400))
        let absurd = Self.afterRelease(days: 30_000)
        func date(_ configured: Instant?, _ kept: Instant?, _ inherited: Instant?) -> Instant {
            files.earliestDate(configured: configured, kept: kept, inherited: inherited).date
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
        let kept = files.earliestDate(configured: nil, kept: late, inherited: early)
        #expect(kept.origin == "when the clock was last right")
        #expect(kept.remedy.hasSuffix("/state.0 and \(files.statePaths[1])"))
        let inherited = files.earliestDate(configured: nil, kept: early, inherited: late)
        #expect(inherited.remedy == "if it is wrong, start with -g")
    }

    @Test("the state is written a minute after the first lock, every hour from then on, and asked for only then")
    func interval() throws {
        let book = try LogBook()
        var files = Self.files(book)
        var alarms = AlarmList()
        let times: [(second: Int64, isLocked: Bool, isWritten: Bool)] = [
            (0, false, false), (5000, false, false), (5001, true, false), (5060, false, false), (5061, false, true),
            (5062, true, false), (8660, true, false), (8661, true, true), (12_261, false, true),
        ]
        for (second, isLocked, isWritten) in times {
            for path in files.statePaths { try Files.remove(path) }
            var isAsked = false
            func state() -> KeptState {
                isAsked = true
                return KeptState()
            }
            _ = files.tick(
                frequency: nil, state: state(), isLocked: isLocked, now: Self.at(second), alarms: &alarms, log: book.log
            )
            #expect(isAsked == isWritten)
            #expect(Files.exists(files.statePaths[0]) == isWritten, "second \(second)")
        }
    }

    @Test("a run that was never locked has nothing to write at its end, another has")
    func ending() throws {
        let book = try LogBook()
        var alarms = AlarmList()
        for isLocked in [false, true] {
            var files = Self.files(book)
            _ = files.tick(
                frequency: nil, state: KeptState(), isLocked: isLocked, now: Self.at(0), alarms: &alarms, log: book.log)
            files.finish(frequency: nil, state: KeptState(), now: Self.at(1), alarms: &alarms, log: book.log)
            #expect(Files.exists(files.statePaths[0]) == isLocked)
        }
    }

    @Test("what cannot be written is told once, an alarm until it can, and tried again every 5 minutes")
    func unwritable() throws {
        let book = try LogBook()
        var files = Self.files(book, "missing/state")
        var alarms = AlarmList()
        func tick(_ second: Int64) {
            _ = files.tick(
                frequency: nil, state: KeptState(), isLocked: true, now: Self.at(second), alarms: &alarms, log: book.log
            )
        }
        for second in stride(from: Int64(0), through: 960, by: 60) { tick(second) }
        #expect(try book.lines(.warning).count == 1)
        let alarm = try #require(alarms.reports(at: Self.at(960)).first)
        #expect(alarm.name == "statefile")
        #expect(alarm.text.hasSuffix("no such file or directory, the state is kept in memory"))
        // Raised at 60 s, the first writing.
        #expect(alarm.age == 900)
        // SAFETY: the string lives through the call.
        #expect(unsafe mkdir(book.file("missing"), 0o700) == 0)
        tick(1020)
        #expect(alarms.reports(at: Self.at(1020)).isEmpty == false)
        tick(1260)
        #expect(alarms.reports(at: Self.at(1260)).isEmpty)
        #expect(try book.lines(.notice) == ["\(files.statePaths[0]): written again"])
        for path in files.statePaths { try Files.remove(path) }
        // SAFETY: the string lives through the call.
        #expect(unsafe rmdir(book.file("missing")) == 0)
    }

    /// The other end of a pipe that nobody reads stands for the disk: open(2) does not come back from it.
    @Test("a disk that does not come back holds up nothing, is told once, and used again when it does")
    func hangingDisk() throws {
        let book = try LogBook()
        var configuration = Configuration()
        configuration.stateFile = book.file("state")
        var files = StateFiles(configuration, isThreaded: true)
        let pipe = files.statePaths[0]
        // SAFETY: the string lives through the call.
        #expect(unsafe mkfifo(pipe, 0o600) == 0)
        var alarms = AlarmList()
        for second in Int64(0)...120 {
            _ = files.tick(
                frequency: nil, state: KeptState(), isLocked: true, now: Self.at(second), alarms: &alarms, log: book.log
            )
            // Begun at 60 s; an alarm after more than 30 s.
            #expect(alarms.reports(at: Self.at(second)).count == (second > 90 ? 1 : 0), "second \(second)")
        }
        let warning = "\(pipe): the disk does not come back from writing, the state is kept in memory"
        #expect(try book.lines(.warning) == [warning])
        // SAFETY: the string lives through the call.
        let reader = unsafe open(pipe, O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        try Files.remove(pipe)
        var last = KeptState()
        last.frequency = 3e-5
        files.finish(frequency: nil, state: last, now: Self.at(121), alarms: &alarms, log: book.log)
        #expect(alarms.reports(at: Self.at(121)).isEmpty)
        #expect(try book.lines(.notice) == ["\(pipe): written again"])
        #expect(files.readState(book.log).frequency == 3e-5)
    }

    /// σ² = (1e-9)² + (1e-6)²·t/3600 s: after 36 s 1e-7; after a day no more than after an hour, 1e-6.
    @Test(
        "a frequency of a minute ago is worth more than one of yesterday, or of nobody knows when",
        arguments: [(0, 1e-9), (36, 1.0000499987e-7), (3600, 1.0000005e-6), (86_400, 1.0000005e-6), (-1, 1e-6)])
    func frequencyAge(seconds: Int64, deviation: Double) throws {
        let book = try LogBook()
        var state = KeptState()
        (state.frequency, state.frequencyDeviation) = (3e-5, 1e-9)
        state.lastGoodTime = Self.afterRelease(days: 1)
        let files = Self.files(book)
        let now = Self.afterRelease(days: 1) + .seconds(seconds)
        let known = try #require(files.knownFrequency(state, now: now, book.log))
        #expect(known.frequency == 3e-5)
        #expect(abs(known.deviation / deviation - 1) < 1e-6)
        #expect(files.knownFrequency(state, now: nil, book.log)?.deviation == 1e-6)
    }

    @Test("a drift file that says something else than the kept state is another program's, and counts")
    func foreignDrift() throws {
        let book = try LogBook()
        var configuration = Configuration()
        (configuration.driftFile, configuration.stateFile) = (book.file("drift"), book.file("state"))
        let files = StateFiles(configuration, isThreaded: false)
        var state = KeptState()
        (state.frequency, state.frequencyDeviation) = (12.345_678_4e-6, 1e-9)
        state.lastGoodTime = Self.afterRelease(days: 1)
        for (text, isOwn) in [("-12.345678\n", true), ("-12.5\n", false)] {
            try book.write(text, to: "drift")
            let known = try #require(files.knownFrequency(state, now: state.lastGoodTime, book.log))
            #expect(known.deviation == (isOwn ? 1e-9 : 1e-6))
            #expect(abs(known.frequency - (isOwn ? 12.345_678_4e-6 : 12.5e-6)) < 1e-15)
        }
    }
}
