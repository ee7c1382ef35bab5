import Discipline
import Receivers
import TimeScale

/// Which seconds its pulses are.
extension ReferenceClock {
    /// Numbers pulses by a label, once that is proven.
    ///
    /// - Parameters:
    ///   - label: what it names, and when it came.
    ///   - message: the kind of label; `nil` for a sample of a producer.
    ///   - witness: UTC at a reading of the clock by an independent witness, where there is one.
    /// - Returns: the pulses and their seconds, oldest first: with the proof all that are remembered, then one at a time.
    public mutating func number(
        by label: Sample, message: LabelMessage?, witness: ((Instant) -> Instant)?
    ) -> [PulsePairing.NumberedPulse] {
        let pulses = pairing.observe(
            label: label.reference, arrived: label.local, message: message, witness: witness)
        switch pairing.state {
        case .unpaired: noteUnnumbered()
        case .proving: condition = .proving
        case .ambiguous(let delay, let spread):
            condition = .ambiguous(delay: Int((delay * 1000).rounded()), spread: Int((spread * 1000).rounded()))
        case .contradicted(let seconds): condition = .contradicted(seconds: seconds)
        case .revised(let seconds): condition = .revised(seconds: seconds)
        case .proven: break
        }
        return pulses
    }

    /// Compares a label with pulses that the clock numbers by itself.
    ///
    /// - Parameters:
    ///   - label: what it names, and when it came.
    ///   - message: the kind of label; `nil` for a sample of a producer.
    ///   - clockOffset: reference − clock, seconds.
    ///   - isProvisional: whether the receiver may not have known the leap seconds when it numbered the pulses.
    /// - Returns: whole seconds by which the labels have lately disagreed; 0 while they agree. Where
    ///   `pairing.needsNewProof`, they were right to.
    public mutating func monitor(
        label: Sample, message: LabelMessage?, clockOffset: Double, isProvisional: Bool
    ) -> Int {
        pairing.monitor(
            label: label.reference, arrived: label.local, message: message, clockOffset: clockOffset,
            isProvisional: isProvisional)
        if case .revised(let seconds) = pairing.state { condition = .revised(seconds: seconds) }
        return pairing.labelError
    }
}
