import Receivers

extension MeasuredReceiver {
    /// Who made it and what it is, as far as it can be told from what it sends: `u-blox ZED-F9T, firmware TIM 2.20`.
    public var name: String {
        let known = [maker, status.model].compactMap(\.self).joined(separator: " ")
        let firmware = status.firmware.map { ", firmware \($0)" } ?? ""
        return (known.isEmpty ? "receiver of an unknown make" : known) + firmware
    }

    /// Who made it, by sentences that only his receivers send; `nil` where it sends none.
    var maker: String? {
        if languages.contains(.ubx) { return "u-blox" }
        let sentences = messages.filter { $0.language == .nmea }.map(\.description)
        let maker = Self.makers.first { prefix, _ in sentences.contains { $0.hasPrefix(prefix) } }?.1
        if let maker { return maker }
        return languages.compactMap { Self.makersOfPackets[$0] }.first
    }

    /// Beginnings of the makers' own sentences, the longer before the shorter (nmea-ubx.md §1, gpsd's list).
    private static let makers = [
        ("PUBX", "u-blox"), ("PMTK", "MediaTek"), ("PQ", "Quectel"), ("PGRM", "Garmin"), ("PSTMV", "ST Teseo"),
        ("PSTM", "ST Teseo"), ("PSTI", "SkyTraq"), ("PSRF", "SiRF"), ("PERDC", "Furuno"), ("PASHR", "Ashtech"),
        ("PTNL", "Trimble"), ("PMOT", "Motorola"), ("PJLT", "Jackson Labs"), ("PAIR", "Airoha"),
    ]

    private static let makersOfPackets: [ReceiverProtocol: String] = [
        .tsip: "Trimble", .oncore: "Motorola", .sirf: "SiRF", .skyTraq: "SkyTraq", .garmin: "Garmin",
    ]

    /// Its name, what it speaks and how fast, and its fix.
    var summary: String {
        let satellites = status.satellitesUsed.map { " with \($0) satellites" } ?? ""
        let fix = hasFix ? "fix\(satellites)" : labels.isEmpty ? "no fix yet" : "no fix in the end"
        return "\(name): \(Figures.list(languages.map(\.description))) at \(settings), \(fix)"
    }

    /// What was wrong with it, and what can be done.
    var remarks: [String] { [lossRemark, labelRemark].compactMap(\.self) }

    private var lossRemark: String? {
        switch loss {
        case .silent(let time):
            "It fell silent after \(Figures.duration(time)) of measuring: what follows is from before."
        case .unreadable(let time):
            "After \(Figures.duration(time)) of measuring nothing that it wrote could be read: another speed, or a loose "
                + "wire? What follows is from before."
        case nil: nil
        }
    }

    private var labelRemark: String? {
        if isMeasured { return nil }
        if !labels.isEmpty {
            return "It named \(labels.count) second\(labels.count == 1 ? "" : "s"), too few to look for its pulses: "
                + "measure for longer with --seconds."
        }
        return hasFix
            ? "It has a fix, but named no second: have it send RMC or ZDA, or its maker's message of the time."
            : "It has no fix yet, and named no second. See to its antenna; once it has a fix, run setup again, which then "
                + "finds its pulses too."
    }
}
