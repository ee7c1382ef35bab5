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

    /// Turns TERM, INT and HUP into flags that interrupt `PollSet.wait`, ignores PIPE, and has ABRT tell what the loop was
    /// doing; for the whole process.
    ///
    /// - Throws: `SystemError`.
    public static func install() throws(SystemError) {
        try SystemError.check(clx_signals_install(), "sigaction")
    }

    /// What the loop does.
    public enum Work {
        /// Waiting for input, or the next tick.
        case waiting
        /// Answering requests, or looking into the desks of those who do.
        case answering
        /// Reading devices.
        case devices
        /// The discipline, files and reports.
        case tick
    }

    /// Notes what is begun: where it never ends and the watchdog kills the process (SIGABRT), standard error has it.
    public static func note(_ work: Work) {
        switch work {
        case .waiting: clx_note_work(CLX_WORK_WAIT)
        case .answering: clx_note_work(CLX_WORK_ANSWER)
        case .devices: clx_note_work(CLX_WORK_DEVICES)
        case .tick: clx_note_work(CLX_WORK_TICK)
        }
    }

    /// What came since the last call.
    public static func take() -> Requests {
        let flags = clx_signals_take()
        return Requests(
            terminate: flags & Int32(CLX_SIGNAL_TERMINATE) != 0, reload: flags & Int32(CLX_SIGNAL_RELOAD) != 0)
    }
}
