import CLinux

/// The signals that a daemon obeys, as flags that the loop takes when it comes round.
public enum Signals {
    /// What was asked for by signals.
    public struct Requests: Equatable, Sendable {
        /// SIGTERM or SIGINT came.
        public let terminate: Bool
        /// SIGHUP came.
        public let reload: Bool
    }

    /// Turns TERM, INT and HUP into flags that interrupt `PollSet.wait`, and ignores PIPE; for the whole process.
    ///
    /// - Throws: `SystemError`.
    public static func install() throws(SystemError) {
        try SystemError.check(clx_signals_install(), "sigaction")
    }

    /// What came since the last call.
    public static func take() -> Requests {
        let flags = clx_signals_take()
        return Requests(
            terminate: flags & Int32(CLX_SIGNAL_TERMINATE) != 0, reload: flags & Int32(CLX_SIGNAL_RELOAD) != 0)
    }
}
