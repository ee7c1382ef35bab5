import Glibc
import Reports
import TimeScale

extension LogLevel {
    /// The priority of syslog(3).
    var priority: Int32 {
        switch self {
        case .debug: LOG_DEBUG
        case .info: LOG_INFO
        case .notice: LOG_NOTICE
        case .warning: LOG_WARNING
        case .error: LOG_ERR
        }
    }
}

/// The daemon's log; for one thread.
///
/// A line that repeats the one before it is counted, not written; the count follows when another line comes or a
/// minute has gone. Our own and not swift-log, which brings the concurrency runtime with it.
public final class Log {
    /// The least level written.
    public var threshold: LogLevel

    private var output: LogOutput
    private var last: (text: String, level: LogLevel)?
    private var repeats = 0
    /// When `last` was written or its repeats were reported.
    private var reported = KernelClock.monotonic()

    /// How long repeats are only counted: a minute, so that a lasting fault still shows that it lasts.
    private static let repeatInterval = Interval.seconds(60)

    /// A log.
    ///
    /// - Parameters:
    ///   - output: where it goes.
    ///   - threshold: the least level written.
    public init(_ output: consuming LogOutput, threshold: LogLevel = .info) {
        self.output = output
        self.threshold = threshold
    }

    /// Lines that could not be written.
    public var linesLost: Int { output.linesLost }

    /// Writes at level debug; the text is not made where it would not be written.
    public func debug(_ text: @autoclosure () -> String) { write(.debug, text) }

    /// Writes at level info.
    public func info(_ text: @autoclosure () -> String) { write(.info, text) }

    /// Writes at level notice.
    public func notice(_ text: @autoclosure () -> String) { write(.notice, text) }

    /// Writes at level warning.
    public func warning(_ text: @autoclosure () -> String) { write(.warning, text) }

    /// Writes at level error.
    public func error(_ text: @autoclosure () -> String) { write(.error, text) }

    /// Opens a log file anew, on SIGHUP.
    ///
    /// - Throws: `SystemError`; the old file goes on being used then.
    public func reopen() throws(SystemError) {
        reportRepeats()
        try output.reopen()
    }

    /// Writes the count of repeats once it has been owed for a minute; to be called every now and then.
    public func tick() {
        if KernelClock.monotonic() - reported >= Self.repeatInterval { reportRepeats() }
    }

    /// Writes the count of repeats that is still owed: at the end of the program.
    public func reportRepeats() {
        guard repeats > 0, let last else { return }
        let count = repeats == 1 ? "once" : "\(repeats) times"
        output.write("repeated \(count): \(last.text)", level: last.level, time: KernelClock.realTime())
        repeats = 0
        reported = KernelClock.monotonic()
    }

    /// Writes at a level that is not known beforehand.
    public func write(_ level: LogLevel, _ text: String) { write(level) { text } }

    private func write(_ level: LogLevel, _ makeText: () -> String) {
        guard level >= threshold else { return }
        let text = makeText()
        if let last, last.text == text, last.level == level {
            repeats += 1
            return tick()
        }
        reportRepeats()
        output.write(text, level: level, time: KernelClock.realTime())
        last = (text, level)
        reported = KernelClock.monotonic()
    }
}
