/// The profile as older configuration messages, for receivers before protocol 27 (generations 6 to 8).
extension ReceiverProfile {
    /// Everything that is to be set, the messages first.
    ///
    /// - Parameter firmware: as the receiver tells it, `HPG 1.40`: receivers for reference stations have CFG-TMODE3,
    ///   receivers for timing CFG-TMODE2.
    /// - Returns: a block for each message.
    public func blocksOfPayloads(firmware: String?) -> [UBXBlock] {
        let isReferenceStation = firmware?.hasPrefix("HPG") ?? false
        let systems: [(Satellite.Constellation, UInt8)] = [
            (.gps, 0), (.sbas, 1), (.galileo, 2), (.beiDou, 3), (.qzss, 5), (.glonass, 6),
            (.navIC, 7),
        ]
        let chosen = systems.reduce(into: [UInt8: Bool]()) { chosen, system in
            if let isOn = isOn(system.0) { chosen[system.1] = isOn }
        }
        var blocks = messages.filter { $0.message.scope != .keyed }.map { UBXBlock(.patch(UBXPatch($0))) }
        if !chosen.isEmpty { blocks.append(UBXBlock(.systems(chosen), restartsSearch: true)) }
        blocks.append(
            UBXBlock(
                .patch(
                    UBXPatch(
                        0x0608, "measurement rate",
                        [.init(0, measurementPeriod.littleEndianBytes), .init(2, UInt16(1).littleEndianBytes)]))))
        if let navigation = navigationPatch { blocks.append(UBXBlock(.patch(navigation))) }
        if let utcStandard {
            // By itself, since receivers of generations 6 and 7 have nothing there. Bit 10: it counts.
            let standard = UBXPatch(
                0x0624, "UTC standard", [.init(30, [utcStandard])], switches: [.init(0, [0x00, 0x04])])
            blocks.append(UBXBlock(.patch(standard)))
        }
        blocks.append(UBXBlock(.patch(pulsePatch)))
        blocks.append(UBXBlock(.patch(isReferenceStation ? timingMode3Patch : timingMode2Patch), isTimingMode: true))
        if watchesThreats {
            // CFG-ITFM: bit 31 of the first word.
            let interference = UBXPatch(
                0x0639, "interference", isOptional: true, [.init(3, [0x80], mask: [0x80])])
            blocks.append(UBXBlock(.patch(interference)))
        }
        return blocks
    }

    /// UBX-CFG-CFG: keep everything where there is room, by battery and in flash.
    public static let saving = UBXFrame(
        0x0609,
        // Clear nothing, save all sections (bits 0 to 4 and 8 to 12), load nothing; battery, flash, EEPROM, serial flash.
        [0, 0, 0, 0, 0x1f, 0x1f, 0, 0, 0, 0, 0, 0, 0x17])

    /// CFG-NAV5: dynamic model and lowest elevation, each with a bit in the first word that makes it count.
    private var navigationPatch: UBXPatch? {
        var fields: [UBXPatch.Field] = []
        var parts: UInt16 = 0
        if isStationary {
            fields.append(.init(2, [2]))
            parts |= 0x0001
        }
        if let minimumElevation {
            fields.append(.init(12, minimumElevation.littleEndianBytes))
            parts |= 0x0002
        }
        guard !fields.isEmpty else { return nil }
        return UBXPatch(0x0624, "navigation", fields, switches: [.init(0, parts.littleEndianBytes)])
    }

    /// CFG-TP5 of the first pulse.
    private var pulsePatch: UBXPatch {
        // Bits: active, follows the satellites, other values while locked, a period (not 3: frequency), a length, at the
        // top of the second, polarity; the grid in bits 7 to 10.
        let flags: UInt16 = 0x37 | (pulse.isRising ? 0x40 : 0) | UInt16(pulse.timeGrid) << 7
        var fields: [UBXPatch.Field] = [
            .init(8, pulse.period.littleEndianBytes), .init(12, pulse.period.littleEndianBytes),
            .init(16, pulse.unlockedLength.littleEndianBytes), .init(20, pulse.lockedLength.littleEndianBytes),
            .init(28, flags.littleEndianBytes, mask: UInt16(0x07ff).littleEndianBytes),
        ]
        if let delay = pulse.cableDelay { fields.append(.init(4, delay.littleEndianBytes)) }
        return UBXPatch(0x0631, question: [0], "pulse", fields)
    }

    /// CFG-TMODE2: mode, flags, place, its accuracy (mm), and the survey's terms (s, mm).
    private var timingMode2Patch: UBXPatch {
        let topic = "timing mode"
        switch timingMode {
        case .off: return UBXPatch(0x063d, topic, isOptional: true, [.init(0, [0])])
        case .survey(let survey):
            return UBXPatch(
                0x063d, topic,
                [
                    .init(0, [1], or: isSaved ? [2] : nil),
                    .init(20, UInt32(clamping: survey.duration).littleEndianBytes),
                    .init(24, Self.millimetres(survey.accuracy).littleEndianBytes),
                ])
        case .fixed(let position, let accuracy):
            let (first, second, third, isGeographic) = Self.coordinates(position)
            return UBXPatch(
                0x063d, topic,
                [
                    // The altitude counts: bit 1 off.
                    .init(0, [2]), .init(2, [isGeographic ? 1 : 0], mask: [0x03]),
                    .init(4, first.coarse.littleEndianBytes), .init(8, second.coarse.littleEndianBytes),
                    .init(12, third.coarse.littleEndianBytes),
                    .init(16, Self.millimetres(accuracy).littleEndianBytes),
                ])
        }
    }

    /// CFG-TMODE3: mode and kind of coordinates, place with its fine part, its accuracy (0.1 mm), the survey's terms (s,
    /// 0.1 mm).
    private var timingMode3Patch: UBXPatch {
        let topic = "timing mode"
        switch timingMode {
        case .off: return UBXPatch(0x0671, topic, isOptional: true, [.init(2, [0])])
        case .survey(let survey):
            return UBXPatch(
                0x0671, topic,
                [
                    .init(2, [1], or: isSaved ? [2] : nil),
                    .init(24, UInt32(clamping: survey.duration).littleEndianBytes),
                    .init(28, Self.tenthsOfMillimetres(survey.accuracy).littleEndianBytes),
                ])
        case .fixed(let position, let accuracy):
            let (first, second, third, isGeographic) = Self.coordinates(position)
            return UBXPatch(
                0x0671, topic,
                [
                    .init(2, [2, isGeographic ? 1 : 0], mask: [0xff, 0x01]),
                    .init(4, first.coarse.littleEndianBytes), .init(8, second.coarse.littleEndianBytes),
                    .init(12, third.coarse.littleEndianBytes),
                    .init(16, [first.fine, second.fine, third.fine].map { UInt8(bitPattern: $0) }),
                    .init(20, Self.tenthsOfMillimetres(accuracy).littleEndianBytes),
                ])
        }
    }

    private typealias Coordinate = (coarse: Int32, fine: Int8)

    private static func coordinates(_ position: Position) -> (Coordinate, Coordinate, Coordinate, Bool) {
        switch position {
        case .geographic(let latitude, let longitude, let height):
            (split(latitude * 1e9), split(longitude * 1e9), split(height * 1e4), true)
        case .geocentric(let place): (split(place.x), split(place.y), split(place.z), false)
        }
    }

    private static func millimetres(_ metres: Double) -> UInt32 { max(tenthsOfMillimetres(metres) / 10, 1) }
}
