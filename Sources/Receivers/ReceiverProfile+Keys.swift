/// The profile as values under keys, for receivers from protocol 27 on (generations 9, 10, 20).
extension ReceiverProfile {
    /// Everything that is to be set, the messages first.
    public var blocksOfKeys: [UBXBlock] {
        [
            UBXBlock(.settings(messageSettings(port: 0))), UBXBlock(.settings(messageSettings(port: 2))),
            UBXBlock(.settings(systemSettings), restartsSearch: true), UBXBlock(.settings(navigationSettings)),
            UBXBlock(.settings(pulseSettings)), UBXBlock(.settings(timingModeSettings), isTimingMode: true),
            UBXBlock(.settings(threatSettings)),
        ].filter { $0.content != .settings([]) }
    }

    /// CFG-MSGOUT for a port: 0 the first serial port, 2 USB, which not every receiver has.
    private func messageSettings(port: UInt32) -> [UBXSetting] {
        messages.filter { $0.message.scope != .older }.map {
            UBXSetting(
                $0.message.uartKey + port, $0.interval, $0.message.name,
                isOptional: $0.message.isOptional || port > 0 || $0.interval == 0)
        }
    }

    /// CFG-SIGNAL. A system that the receiver does not know is missed only where it was asked for.
    private var systemSettings: [UBXSetting] {
        let keys: [(Satellite.Constellation, UInt32)] = [
            (.gps, 0x1031_001f), (.sbas, 0x1031_0020), (.galileo, 0x1031_0021), (.beiDou, 0x1031_0022),
            (.qzss, 0x1031_0024), (.glonass, 0x1031_0025), (.navIC, 0x1031_0026),
        ]
        return keys.compactMap { system, key in
            isOn(system).map { UBXSetting(key, $0 ? 1 : 0, "satellite systems", isOptional: !$0) }
        }
    }

    /// Whether a system is to be used; `nil` where nothing is said.
    func isOn(_ system: Satellite.Constellation) -> Bool? {
        constellations?.contains(system) ?? (system == .sbas ? usesAugmentation : nil)
    }

    /// CFG-RATE, CFG-NAVSPG.
    private var navigationSettings: [UBXSetting] {
        var settings = [
            UBXSetting(0x3021_0001, measurementPeriod, "measurement rate"),
            UBXSetting(0x3021_0002, 1, "measurement rate"),
        ]
        if isStationary { settings.append(UBXSetting(0x2011_0021, 2, "dynamic model")) }
        if let utcStandard { settings.append(UBXSetting(0x2011_001c, utcStandard, "UTC standard")) }
        if let minimumElevation { settings.append(UBXSetting(0x2011_00a4, minimumElevation, "lowest elevation")) }
        return settings
    }

    /// CFG-TP.
    private var pulseSettings: [UBXSetting] {
        var settings = [
            // As a period (not a frequency), and its length as a length (not a ratio).
            UBXSetting(0x2005_0023, 0, "pulse"), UBXSetting(0x2005_0030, 1, "pulse"),
            UBXSetting(0x4005_0002, pulse.period, "pulse"), UBXSetting(0x4005_0003, pulse.period, "pulse"),
            UBXSetting(0x4005_0004, pulse.unlockedLength, "pulse"),
            UBXSetting(0x4005_0005, pulse.lockedLength, "pulse"),
            // On; with the satellites; other values while locked; at the top of the second.
            UBXSetting(0x1005_0007, 1, "pulse"), UBXSetting(0x1005_0008, 1, "pulse"),
            UBXSetting(0x1005_0009, 1, "pulse"), UBXSetting(0x1005_000a, 1, "pulse"),
            UBXSetting(0x1005_000b, pulse.isRising ? 1 : 0, "pulse"),
            UBXSetting(0x2005_000c, pulse.timeGrid, "pulse"),
        ]
        if let delay = pulse.cableDelay { settings.append(UBXSetting(0x3005_0001, delay, "cable delay")) }
        return settings
    }

    /// CFG-TMODE.
    private var timingModeSettings: [UBXSetting] {
        let topic = "timing mode"
        switch timingMode {
        case .off: return [UBXSetting(0x2003_0001, 0, topic, isOptional: true)]
        case .survey(let survey):
            return [
                // What a survey of the same terms has found, and was saved, is found.
                UBXSetting(0x2003_0001, 1, topic, or: isSaved ? 2 : nil),
                UBXSetting(0x4003_0010, survey.duration, topic),
                UBXSetting(0x4003_0011, Self.tenthsOfMillimetres(survey.accuracy), topic),
            ]
        case .fixed(let position, let accuracy):
            let accuracy = UBXSetting(0x4003_000f, Self.tenthsOfMillimetres(accuracy), topic)
            switch position {
            case .geographic(let latitude, let longitude, let height):
                let (north, east) = (Self.split(latitude * 1e9), Self.split(longitude * 1e9))
                let up = Self.split(height * 1e4)
                return [
                    UBXSetting(0x2003_0001, 2, topic), UBXSetting(0x2003_0002, 1, topic),
                    UBXSetting(0x4003_0009, north.coarse, topic), UBXSetting(0x2003_000c, north.fine, topic),
                    UBXSetting(0x4003_000a, east.coarse, topic), UBXSetting(0x2003_000d, east.fine, topic),
                    UBXSetting(0x4003_000b, up.coarse, topic), UBXSetting(0x2003_000e, up.fine, topic), accuracy,
                ]
            case .geocentric(let place):
                let (x, y, z) = (Self.split(place.x), Self.split(place.y), Self.split(place.z))
                return [
                    UBXSetting(0x2003_0001, 2, topic), UBXSetting(0x2003_0002, 0, topic),
                    UBXSetting(0x4003_0003, x.coarse, topic), UBXSetting(0x2003_0006, x.fine, topic),
                    UBXSetting(0x4003_0004, y.coarse, topic), UBXSetting(0x2003_0007, y.fine, topic),
                    UBXSetting(0x4003_0005, z.coarse, topic), UBXSetting(0x2003_0008, z.fine, topic), accuracy,
                ]
            }
        }
    }

    /// CFG-ITFM-ENABLE and CFG-SEC-SPOOFDET_SIM_SIG_DIS, of which each receiver has one or the other.
    private var threatSettings: [UBXSetting] {
        guard watchesThreats else { return [] }
        return [
            UBXSetting(0x1041_000d, 1, "interference", isOptional: true),
            UBXSetting(0x10f6_005d, 0, "false signals", isOptional: true),
        ]
    }

    /// Metres as the receiver counts accuracies; 0.1 mm at least.
    static func tenthsOfMillimetres(_ metres: Double) -> UInt32 {
        UInt32(min(max((metres * 1e4).rounded(), 1), 4e9))
    }

    /// Hundreds and the rest, both with the sign of the whole: centimetres and tenths of millimetres, 1e-7 and 1e-9 of a
    /// degree.
    static func split(_ number: Int64) -> (coarse: Int32, fine: Int8) {
        let (hundreds, rest) = number.quotientAndRemainder(dividingBy: 100)
        return (Int32(clamping: hundreds), Int8(rest))
    }

    static func split(_ number: Double) -> (coarse: Int32, fine: Int8) {
        // 180° are 1.8e11; anything beyond is cut where the receiver's numbers end.
        split(number.isNaN ? 0 : Int64(min(max(number.rounded(), -2.1e11), 2.1e11)))
    }
}
