extension ReceiverConfigurator {
    /// What the log is told, each once.
    public enum News: Equatable, Sendable {
        /// The receiver is as wanted.
        case applied
        /// It is again.
        case reapplied
        /// It was told to keep the place that its survey has found, so exactly (m).
        case surveyed(accuracy: Double)
        /// What it does not know or refuses.
        case missing(model: String?, [String])
        /// It answers again, and has forgotten nothing.
        case answering
        /// It does not answer; the model where it once has.
        case unanswered(model: String?)

        /// Whether somebody should look at it.
        public var isFault: Bool {
            switch self {
            case .applied, .surveyed, .answering: false
            case .reapplied, .missing, .unanswered: true
            }
        }
    }
}

extension ReceiverConfigurator.News: CustomStringConvertible {
    /// Words for the log.
    public var description: String {
        switch self {
        case .applied: "the receiver has its profile, read back"
        case .reapplied: "the receiver had forgotten its profile; applied again"
        case .answering: "the receiver answers again, and has its profile"
        case .surveyed(let accuracy):
            "the survey is done; the place is kept (± \((accuracy * 100).rounded() / 100) m)"
        case .missing(let model, let topics):
            "\(model ?? "the receiver") does not know or take: \(topics.joined(separator: ", "))"
        case .unanswered(let model):
            (model.map { "\($0) does not answer" }
                ?? "no answer to UBX-MON-VER: no u-blox receiver, its UBX output is off, or nothing reaches it")
                + "; asked again every minute"
        }
    }
}
