import LinuxSystem
import Testing

@Suite("Log")
struct LogTests {
    private let directory = TemporaryDirectory()

    /// The lines of a log file without their time stamps.
    private func lines(_ path: String) throws -> [String] {
        let text = String(decoding: try Files.read(path, limit: 10_000), as: UTF8.self)
        return text.split(separator: "\n").map { String($0.split(separator: " ", maxSplits: 1)[1]) }
    }

    @Test("a line carries UTC, level and text; lesser levels are left out")
    func lineFormat() throws {
        let path = directory.file("log")
        let log = Log(try LogOutput(.file(path: path)))
        log.debug("not this")
        log.notice("gps0: pulse found")
        let text = String(decoding: try Files.read(path, limit: 1000), as: UTF8.self)
        #expect(text.wholeMatch(of: /20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z notice: gps0: pulse found\n/) != nil)
    }

    @Test("repeats are counted and reported when another line comes")
    func repeats() throws {
        let path = directory.file("log")
        let log = Log(try LogOutput(.file(path: path)))
        for _ in 0..<5 { log.warning("gps0: no data") }
        log.info("gps0: data")
        log.info("gps0: data")
        log.reportRepeats()
        #expect(
            try lines(path) == [
                "warning: gps0: no data", "warning: repeated 4 times: gps0: no data", "info: gps0: data",
                "info: repeated once: gps0: data",
            ])
    }

    @Test("a line break in a message cannot forge a second line")
    func lineBreaks() throws {
        let path = directory.file("log")
        let log = Log(try LogOutput(.file(path: path)))
        log.error("sentence $GP\r\nerror: forged")
        #expect(try lines(path) == ["error: sentence $GP  error: forged"])
    }

    @Test("after logrotate has moved the file, reopening makes a new one")
    func reopening() throws {
        let path = directory.file("log")
        let log = Log(try LogOutput(.file(path: path)))
        log.info("old")
        try Files.remove(path)
        try log.reopen()
        log.info("new")
        #expect(try lines(path) == ["info: new"])
        #expect(log.linesLost == 0)
    }
}
