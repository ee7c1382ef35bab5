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
        let fix = hasFix ? "fix\(satellites)" : "no fix yet"
        return "\(name): \(Figures.list(languages.map(\.description))) at \(baudRate) baud, \(fix)"
    }
}
