import ControlService
import Reports

extension JSON {
    /// One object of named values, in their order; what is not known or empty is left out.
    ///
    /// - Parameters:
    ///   - values: names and values.
    ///   - receiver: what it says follows them, satellites last.
    /// - Returns: the text, in one line.
    static func row(_ values: [(String, ReportValue)], _ receiver: ReceiverReport? = nil) -> String {
        let facts = receiver.map { receiver in ReceiverReport.variables.map { ($0.name, $0.value(receiver)) } } ?? []
        var text = "{"
        for (name, value) in values + facts where ![.unknown, .text(""), .texts([])].contains(value) {
            append(name, value, to: &text)
        }
        if let receiver, !receiver.satellites.isEmpty { append(receiver.satellites, to: &text) }
        return text + "}"
    }
}
