/// How much a log line matters.
public enum LogLevel: Int, Comparable, Sendable, CaseIterable {
    /// For who looks for a fault in the program.
    case debug
    /// Normal, and not needed in daily use.
    case info
    /// Normal, and worth knowing: a change of source, a step.
    case notice
    /// The service goes on, but not as it should.
    case warning
    /// Something that was asked for is not done.
    case error

    /// Less weighty first.
    public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }
}

extension LogLevel: CustomStringConvertible {
    /// The word in a log line. Written out, because what has no description of its own is printed by reflection, which
    /// pages the metadata of the whole program in: half a megabyte.
    public var description: String {
        switch self {
        case .debug: "debug"
        case .info: "info"
        case .notice: "notice"
        case .warning: "warning"
        case .error: "error"
        }
    }
}
