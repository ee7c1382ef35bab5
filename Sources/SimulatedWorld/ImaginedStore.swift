/// What an imagined u-blox receiver keeps.
struct ImaginedStore: Sendable {
    /// Values from the factory: every key that the firmware knows.
    let defaults: [UInt32: UInt64]
    /// Values in force.
    var memory: [UInt32: UInt64]
    /// Values that the battery keeps.
    var battery: [UInt32: UInt64] = [:]
    /// Values in flash.
    var flash: [UInt32: UInt64] = [:]
    /// Payloads of older configuration messages in force; for CFG-MSG by the message that is meant.
    var settings: [UInt16: [UInt8]]
    /// The same as saved.
    var savedSettings: [UInt16: [UInt8]]?

    private let factorySettings: [UInt16: [UInt8]]

    init(_ model: ImaginedUBXReceiver.Model) {
        defaults = model.hasKeys ? Self.keys(of: model) : [:]
        memory = defaults
        factorySettings = model.hasKeys ? [:] : Self.settings(of: model)
        settings = factorySettings
    }

    mutating func reset(hasBattery: Bool) {
        if !hasBattery { battery = [:] }
        memory = defaults.merging(flash) { $1 }.merging(battery) { $1 }
        settings = savedSettings ?? factorySettings
    }

    /// The messages that are known: class and number, key for the first serial port, and rate from the factory.
    static let messages: [(code: UInt16, key: UInt32, rate: UInt8)] = [
        (0x0107, 0x2091_0007, 0), (0x0103, 0x2091_001b, 0), (0x0121, 0x2091_005c, 0), (0x0126, 0x2091_0061, 0),
        (0x0122, 0x2091_0066, 0), (0x0135, 0x2091_0016, 0), (0x0161, 0x2091_0160, 0), (0x0d01, 0x2091_017e, 0),
        (0x0d04, 0x2091_0098, 0), (0x0a38, 0x2091_035a, 0), (0x0a09, 0x2091_01b5, 0), (0x2709, 0x2091_0635, 0),
        (0x0106, 0, 0), (0x0130, 0, 0),
        (0xf000, 0x2091_00bb, 1), (0xf001, 0x2091_00ca, 1), (0xf002, 0x2091_00c0, 1), (0xf003, 0x2091_00c5, 1),
        (0xf004, 0x2091_00ac, 1), (0xf005, 0x2091_00b1, 1), (0xf008, 0x2091_00d9, 0),
    ]

    private static func keys(of model: ImaginedUBXReceiver.Model) -> [UInt32: UInt64] {
        var keys: [UInt32: UInt64] = [
            // Satellite systems: all but QZSS.
            0x1031_001f: 1, 0x1031_0020: 1, 0x1031_0021: 1, 0x1031_0022: 1, 0x1031_0024: 0, 0x1031_0025: 1,
            // Measurement every 1000 ms, a solution from each; dynamic model portable; UTC as it chooses; from 5° on.
            0x3021_0001: 1000, 0x3021_0002: 1, 0x2011_0021: 0, 0x2011_001c: 0, 0x2011_00a4: 5,
            // The pulse: cable 50 ns; each second; none while not locked; 100 ms; rising; GPS time.
            0x3005_0001: 50, 0x4005_0002: 1_000_000, 0x4005_0003: 1_000_000, 0x4005_0004: 0, 0x4005_0005: 100_000,
            0x1005_0007: 1, 0x1005_0008: 1, 0x1005_0009: 1, 0x1005_000a: 1, 0x1005_000b: 1, 0x2005_000c: 1,
            0x2005_0023: 0, 0x2005_0030: 1, 0x1041_000d: 0,
        ]
        if model == .zedF9T {
            for key: UInt32 in [
                0x2003_0001, 0x2003_0002, 0x4003_0003, 0x4003_0004, 0x4003_0005, 0x2003_0006, 0x2003_0007, 0x2003_0008,
                0x4003_0009, 0x4003_000a, 0x4003_000b, 0x2003_000c, 0x2003_000d, 0x2003_000e, 0x4003_000f, 0x4003_0010,
                0x4003_0011,
            ] { keys[key] = 0 }
        }
        for (code, key, rate) in messages where key > 0 && (model == .zedF9T || code != 0x0d04) {
            (keys[key], keys[key + 2]) = (UInt64(rate), UInt64(rate))
        }
        return keys
    }

    private static func settings(of model: ImaginedUBXReceiver.Model) -> [UInt16: [UInt8]] {
        let zeros = { [UInt8](repeating: 0, count: $0) }
        // UBX-CFG-TP5: cable 50 ns, periods and lengths in µs, flags.
        let pulse: [UInt8] =
            [0, 1, 0, 0, 50, 0, 0, 0, 0x40, 0x42, 0x0f, 0, 0x40, 0x42, 0x0f, 0] + zeros(4) + [0xa0, 0x86, 0x01, 0]
            + zeros(4) + [0xf7, 0, 0, 0]
        // UBX-CFG-GNSS: GPS, SBAS, GLONASS on, Galileo off.
        let systems: [UInt8] =
            [0, 32, 32, 4, 0, 8, 16, 0, 1, 0, 1, 1, 1, 1, 3, 0, 1, 0, 1, 1, 2, 4, 8, 0, 0, 0, 1, 1]
            + [6, 8, 14, 0, 1, 0, 1, 1]
        var settings: [UInt16: [UInt8]] = [
            0x0608: [0xe8, 0x03, 1, 0, 1, 0], 0x0624: [0xff, 0x05, 0, 3] + zeros(8) + [5] + zeros(23), 0x0631: pulse,
            0x0639: [0xf3, 0xac, 0x62, 0x2d, 0x1e, 0x03, 0, 0], 0x063e: systems,
        ]
        if model != .neoM8N { settings[0x063d] = zeros(28) }
        if model == .lea6T { settings[0x063e] = nil }
        // What is newer than generation 6: NAV-PVT, NAV-TIMELS, NAV-SAT, NAV-EOE.
        let newer: [UInt16] = model == .lea6T ? [0x0107, 0x0126, 0x0135, 0x0161] : []
        for (code, _, rate) in messages
        where code >> 8 != 0x27 && code != 0x0a38 && (model != .neoM8N || code != 0x0d04) && !newer.contains(code) {
            settings[code] = [UInt8(code >> 8), UInt8(code & 0xff), 0, rate, 0, rate, 0, 0]
        }
        return settings
    }
}

extension ImaginedUBXReceiver.Model {
    /// Whether its configuration is values under keys.
    var hasKeys: Bool { self == .zedF9T || self == .neoM9N }

    /// Payload of UBX-MON-VER: 30 characters of software, 10 of hardware, and lines of 30.
    var version: [UInt8] {
        switch self {
        case .zedF9T:
            Self.version(
                "EXT CORE 1.00 (3fda8e)", "00190000",
                [
                    "ROM BASE 0x118B2060", "FWVER=TIM 2.20", "PROTVER=29.20", "MOD=ZED-F9T", "GPS;GLO;GAL;BDS",
                    "SBAS;QZSS",
                ])
        case .neoM9N:
            Self.version(
                "EXT CORE 4.04 (7f89f7)", "00190000",
                [
                    "ROM BASE 0x118B2060", "FWVER=SPG 4.04", "PROTVER=32.01", "MOD=NEO-M9N", "GPS;GLO;GAL;BDS",
                    "SBAS;QZSS",
                ])
        case .neoM8T:
            Self.version(
                "EXT CORE 3.01 (111141)", "00080000",
                ["ROM BASE 2.01 (75331)", "FWVER=TIM 1.10", "PROTVER=22.00", "MOD=NEO-M8T-0", "GPS;GLO;GAL;BDS"])
        case .lea6T: Self.version("7.03 (45969)", "00040007", ["ROM CORE 6.02 (36023)"])
        case .neoM8N:
            Self.version(
                "EXT CORE 3.01 (107900)", "00080000",
                ["ROM BASE 2.01 (75331)", "FWVER=SPG 3.01", "PROTVER=18.00", "MOD=NEO-M8N-0", "GPS;GLO;GAL;BDS"])
        }
    }

    private static func version(_ software: String, _ hardware: String, _ lines: [String]) -> [UInt8] {
        let padded = { (text: String, length: Int) in
            Array(text.utf8) + [UInt8](repeating: 0, count: length - text.utf8.count)
        }
        return padded(software, 30) + padded(hardware, 10) + lines.flatMap { padded($0, 30) }
    }
}
