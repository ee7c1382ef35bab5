import CLinux
import Glibc

/// A system call that failed, or a device or file that is not what it should be.
///
/// EINTR is retried and EAGAIN answered with `nil` in the wrappers; neither arrives here, but where a wrapper says so.
public struct SystemError: Error, Sendable {
    /// What was tried: `open`, `bind`, ...
    public let operation: StaticString
    /// The `errno`; `endOfFile` at the end of a file or a hung-up line; above 10 000 an error of getaddrinfo(3).
    public let code: Int32
    /// The path or address it was tried on.
    public let subject: String?
    /// What `code` does not say by itself: `not a serial port`.
    public let remark: StaticString?

    /// The `code` of an end of file: no `errno` has this value.
    public static let endOfFile: Int32 = 0

    /// The `code` of a partner that has not answered in time.
    public static let timedOut: Int32 = ETIMEDOUT
    /// The `code` of a partner that speaks another language.
    public static let wrongProtocol: Int32 = EPROTO

    /// Whether there is nothing of that name, or nobody behind it.
    public var isMissing: Bool { code == ENOENT || code == ENODEV || code == ENXIO || code == ECONNREFUSED }

    /// Errors of getaddrinfo(3), turned positive, begin here.
    static let firstLookupCode: Int32 = 10_000

    /// An error.
    public init(_ operation: StaticString, code: Int32, subject: String? = nil, remark: StaticString? = nil) {
        (self.operation, self.code, self.subject, self.remark) = (operation, code, subject, remark)
    }

    /// The error of the system call just made.
    static func last(_ operation: StaticString, _ subject: String? = nil) -> SystemError {
        SystemError(operation, code: errno, subject: subject)
    }

    /// The answer of a CLinux function, which is the negative `errno` when it failed.
    ///
    /// - Parameters:
    ///   - answer: what the function returned.
    ///   - operation: its name for the message.
    ///   - subject: the path or address, evaluated only for an error.
    /// - Returns: the answer, 0 or more.
    /// - Throws: `SystemError` for a negative answer.
    @discardableResult
    static func check(
        _ answer: Int32, _ operation: StaticString, _ subject: @autoclosure () -> String? = nil
    ) throws(SystemError) -> Int32 {
        guard answer < 0 else { return answer }
        throw SystemError(operation, code: -answer, subject: subject())
    }
}

extension SystemError: CustomStringConvertible {
    /// For a log line: `open /dev/gps0: no such file or directory`.
    public var description: String {
        let place = subject.map { " " + $0 } ?? ""
        return "\(operation)\(place): \(remark?.description ?? reason)"
    }

    private var reason: String {
        if code == Self.endOfFile { return "end of file or line hung up" }
        if code > Self.firstLookupCode {
            // SAFETY: gai_strerror answers a constant string for every code.
            return unsafe Self.lowerFirst(String(cString: gai_strerror(Self.firstLookupCode - code)))
        }
        // SAFETY: strerror answers a string for every code; it is copied before the next call on this thread.
        return unsafe Self.lowerFirst(String(cString: strerror(code)))
    }

    private static func lowerFirst(_ text: String) -> String {
        text.prefix(1).lowercased() + text.dropFirst()
    }
}

extension SystemError {
    /// Whether an address is of no interface of this machine, which may change.
    public var isAddressAbsent: Bool { code == EADDRNOTAVAIL || code == ENODEV }

    /// Whether there is no such file or device (ENOENT).
    public var isAbsent: Bool { code == ENOENT }

    /// Whether we are not allowed to (EACCES, EPERM).
    public var isDenied: Bool { code == EACCES || code == EPERM }

    /// Whether it is of an operation.
    public func isOf(_ operation: StaticString) -> Bool { self.operation.description == operation.description }

    /// Whether another program has it for itself (EBUSY).
    public var isBusy: Bool { code == EBUSY }

    /// Whether a signal came meanwhile (EINTR), where that is not retried.
    public var isInterrupted: Bool { code == EINTR }

    /// Whether the reader of what is written has gone away (EPIPE).
    public var isUnread: Bool { code == EPIPE }

    /// Whether a device does not work (EIO), as a serial port's name without hardware.
    public var isInputOutput: Bool { code == EIO }

    /// Whether the operation would have had to wait (EAGAIN).
    public var isTryAgain: Bool { code == EAGAIN }
}
