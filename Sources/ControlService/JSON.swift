import Reports

/// Writes reports as JSON (RFC 8259) from their variable tables.
public enum JSON {
    /// A snapshot as one object: `{"tracking":{…},"sources":[{…},…],"receivers":[{…,"satellites":[{…},…]},…],"server":{…},
    /// "rtc":{…},"alarms":[{…},…]}`.
    public static func encode(_ snapshot: Snapshot) -> [UInt8] {
        var text = "{\"tracking\":"
        append(snapshot.tracking, TrackingReport.variables, to: &text)
        text += ",\"sources\":["
        append(snapshot.sources, SourceReport.variables, to: &text)
        text += "],\"receivers\":["
        for (index, receiver) in snapshot.receivers.enumerated() {
            if index > 0 { text += "," }
            append(receiver, to: &text)
        }
        text += "],\"server\":"
        append(snapshot.server, ServerReport.variables, to: &text)
        if let rtc = snapshot.rtc {
            text += ",\"rtc\":"
            append(rtc, RealTimeClockReport.variables, to: &text)
        }
        text += ",\"alarms\":["
        append(snapshot.alarms, AlarmReport.variables, to: &text)
        text += "]}"
        return Array(text.utf8)
    }

    private static func append(_ receiver: ReceiverReport, to text: inout String) {
        append(receiver, ReceiverReport.variables, to: &text)
        text.removeLast()
        append(receiver.satellites, to: &text)
        text += "}"
    }

    /// Writes satellites as the last member of an object that has others.
    public static func append(_ satellites: [ReceiverReport.Satellite], to text: inout String) {
        text += ",\"satellites\":["
        append(satellites, ReceiverReport.Satellite.variables, to: &text)
        text += "]"
    }

    private static func append<Report>(_ reports: [Report], _ variables: [Variable<Report>], to text: inout String) {
        for (index, report) in reports.enumerated() {
            if index > 0 { text += "," }
            append(report, variables, to: &text)
        }
    }

    private static func append<Report>(_ report: Report, _ variables: [Variable<Report>], to text: inout String) {
        text += "{"
        for variable in variables { append(variable.name, variable.value(report), to: &text) }
        text += "}"
    }

    /// Writes a member of an object; behind a comma, unless it is the first.
    public static func append(_ name: String, _ value: ReportValue, to text: inout String) {
        text += text.utf8.last == UInt8(ascii: "{") ? "\"" : ",\""
        text += name
        text += "\":"
        switch value {
        case .integer(let value): text += String(value)
        case .real(let value): text += value.isFinite ? value.description : "null"
        case .text(let value): append(quoted: value, to: &text)
        case .texts(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                append(quoted: value, to: &text)
            }
            text += "]"
        case .unknown: text += "null"
        }
    }

    /// A string literal; control characters, quotes and backslashes are escaped (RFC 8259 §7).
    private static func append(quoted value: String, to text: inout String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                text += "\\"
                text.unicodeScalars.append(scalar)
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
