import TimeScale

/// A u-blox receiver with a memory: commands go in, answers and the second's messages come out, as it was told.
///
/// Frames and keys are written from the interface descriptions (`shared/reference/nmea-ubx.md` §5), apart from what the
/// daemon has. It can be deaf, refuse keys, lose bytes on its line, and forget.
public struct ImaginedUBXReceiver: Sendable {
    /// A type of receiver.
    public enum Model: CaseIterable, Sendable {
        /// For timing, generation 9, protocol 29: values under keys, survey.
        case zedF9T
        /// For navigation, generation 9, protocol 32: values under keys, none of them about surveys.
        case neoM9N
        /// For timing, generation 8, protocol 22: older messages, survey.
        case neoM8T
        /// For navigation, generation 8, protocol 18: older messages, no survey.
        case neoM8N
        /// For timing, generation 6: older messages, survey; neither NAV-PVT nor NAV-SAT nor NAV-TIMELS nor CFG-GNSS, and
        /// nobody else's UTC than GPS's.
        case lea6T
    }

    /// What it is.
    public let model: Model
    /// What it believes about the time.
    public var time = ImaginedReceiver()
    /// Whether commands reach it.
    public var isDeaf = false
    /// Keys that it knows, and whose values it does not take.
    public var refusedKeys: Set<UInt32> = []
    /// Whether it has flash.
    public var hasFlash = true
    /// Share of the bytes that the line loses, in both directions.
    public var lossRate = 0.0
    /// From a command to its answer.
    public var answerDelay = Interval.milliseconds(60)
    /// By how much the next pulse will be late for the receiver's clock grid, seconds.
    public var sawtooth = 0.0
    /// Commands taken so far, those without a right checksum left out.
    public private(set) var commands = 0
    /// The most commands that were ever on their way at a time.
    public private(set) var mostAtOnce = 0
    /// Time since it began, seconds.
    public internal(set) var uptime = 0

    /// Values under keys in each layer, and older settings by message.
    var store: ImaginedStore
    /// Seconds of the survey so far; `nil` while there is none.
    var survey: Int?
    private var buffer: [UInt8] = []
    private var answers: [(due: Instant, bytes: [UInt8])] = []
    private var random: RandomSource

    /// A receiver as it comes from the factory, just begun.
    ///
    /// - Parameters:
    ///   - model: what it is.
    ///   - seed: for what its line loses.
    public init(_ model: Model, seed: UInt64 = 1) {
        self.model = model
        store = ImaginedStore(model)
        random = RandomSource(seed: seed)
    }

    /// What is in force under a key; `nil` for one that it does not know.
    public func value(of key: UInt32) -> UInt64? { store.memory[key] }

    /// What is kept in flash under a key; `nil` for none.
    public func savedValue(of key: UInt32) -> UInt64? { store.flash[key] }

    /// The payload of an older configuration message (class and number; for CFG-MSG those of the message that is meant).
    public func setting(_ code: UInt16) -> [UInt8]? { store.settings[code] }

    /// Begins anew: what was only in memory is lost.
    ///
    /// - Parameter hasBattery: whether what the battery keeps is still there.
    public mutating func reset(hasBattery: Bool = true) {
        store.reset(hasBattery: hasBattery)
        (uptime, survey, buffer, answers) = (0, nil, [], [])
    }

    /// Changes a value in memory behind everybody's back.
    public mutating func disturb(_ key: UInt32, _ value: UInt64) { store.memory[key] = value }

    // MARK: - Commands

    /// Takes bytes that were sent to it.
    ///
    /// - Parameters:
    ///   - bytes: any.
    ///   - now: when they come.
    public mutating func consume(_ bytes: [UInt8], now: Instant) {
        buffer += lose(bytes)
        while let (code, payload) = nextFrame() {
            guard !isDeaf else { continue }
            commands += 1
            mostAtOnce = max(mostAtOnce, answers.count { $0.due > now } + 1)
            let answer = answer(code, payload)
            if !answer.isEmpty { answers.append((now + answerDelay, answer)) }
        }
    }

    /// Takes what it answers up to now, as the line delivers it.
    public mutating func takeAnswers(now: Instant) -> [UInt8] {
        let due = answers.filter { $0.due <= now }.flatMap(\.bytes)
        answers.removeAll { $0.due <= now }
        return lose(due)
    }

    mutating func lose(_ bytes: [UInt8]) -> [UInt8] {
        guard lossRate > 0 else { return bytes }
        var kept: [UInt8] = []
        for byte in bytes where random.nextUnit() >= lossRate { kept.append(byte) }
        return kept
    }

    /// The next message with a right checksum; what is none is thrown away byte by byte.
    private mutating func nextFrame() -> (code: UInt16, payload: [UInt8])? {
        while buffer.count >= 8 {
            guard buffer[0] == 0xb5, buffer[1] == 0x62 else {
                buffer.removeFirst()
                continue
            }
            let length = Int(buffer[4]) + 256 * Int(buffer[5])
            guard length <= 1024 else {
                buffer.removeFirst()
                continue
            }
            guard buffer.count >= length + 8 else { return nil }
            let payload = Array(buffer[6..<6 + length])
            let frame = ImaginedReceiver.ubxFrame(class: buffer[2], message: buffer[3], payload: payload)
            guard Array(buffer[..<(length + 8)]) == frame else {
                buffer.removeFirst()
                continue
            }
            let code = UInt16(buffer[2]) << 8 | UInt16(buffer[3])
            buffer.removeFirst(length + 8)
            return (code, payload)
        }
        return nil
    }

    private mutating func answer(_ code: UInt16, _ payload: [UInt8]) -> [UInt8] {
        switch code {
        case 0x0a04: return frame(0x0a04, model.version)
        case 0x068a where model.hasKeys: return acknowledge(code, set(payload))
        case 0x068b where model.hasKeys:
            guard let values = values(payload) else { return acknowledge(code, false) }
            return frame(0x068b, values) + acknowledge(code, true)
        case 0x0609: return acknowledge(code, save(payload))
        case 0x0601 where !model.hasKeys: return answerRate(payload)
        case 0x0600...0x06ff:
            guard !model.hasKeys, let own = store.settings[code] else { return acknowledge(code, false) }
            // A question is empty, or names the pulse that is meant.
            if payload.count <= 1 { return frame(code, own) + acknowledge(code, true) }
            return acknowledge(code, change(code, own, payload))
        default: return []
        }
    }

    /// UBX-ACK-ACK (05 01) or UBX-ACK-NAK (05 00): class and number of the command.
    private func acknowledge(_ code: UInt16, _ isTaken: Bool) -> [UInt8] {
        frame(isTaken ? 0x0501 : 0x0500, [UInt8(code >> 8), UInt8(code & 0xff)])
    }

    func frame(_ code: UInt16, _ payload: [UInt8]) -> [UInt8] {
        ImaginedReceiver.ubxFrame(class: UInt8(code >> 8), message: UInt8(code & 0xff), payload: payload)
    }

    // MARK: - Keys

    /// UBX-CFG-VALSET: version, layers (1 memory, 2 battery, 4 flash), 2 reserved, keys with values; all or nothing.
    private mutating func set(_ payload: [UInt8]) -> Bool {
        guard payload.count > 4, payload[0] == 0, payload[1] & 7 != 0, hasFlash || payload[1] & 4 == 0 else {
            return false
        }
        var items: [(key: UInt32, value: UInt64)] = []
        var rest = payload[4...]
        while !rest.isEmpty {
            guard rest.count > 4 else { return false }
            let key = UInt32(number(rest.prefix(4)))
            let sizes = [1: 1, 2: 1, 3: 2, 4: 4, 5: 8]
            guard let size = sizes[Int(key >> 28 & 7)], rest.count >= 4 + size, store.defaults[key] != nil,
                !refusedKeys.contains(key)
            else { return false }
            items.append((key, number(rest.dropFirst(4).prefix(size))))
            rest = rest.dropFirst(4 + size)
        }
        guard items.count <= 64 else { return false }
        for (key, value) in items {
            if payload[1] & 1 != 0 {
                store.memory[key] = value
                if key >> 16 & 0xff == 0x03 { survey = nil }
            }
            if payload[1] & 2 != 0 { store.battery[key] = value }
            if payload[1] & 4 != 0 { store.flash[key] = value }
        }
        return true
    }

    /// UBX-CFG-VALGET: version, layer (0 memory, 1 battery, 2 flash, 7 defaults), position, keys; `nil` where one of them
    /// is not known, or none has a value in that layer.
    private func values(_ payload: [UInt8]) -> [UInt8]? {
        guard payload.count > 4, payload.count % 4 == 0, payload.count <= 4 + 4 * 64, payload[0] == 0 else {
            return nil
        }
        let layers = [0: store.memory, 1: store.battery, 2: store.flash, 7: store.defaults]
        guard let layer = layers[Int(payload[1])] else { return nil }
        var bytes: [UInt8] = [1, payload[1], payload[2], payload[3]]
        for offset in stride(from: 4, to: payload.count, by: 4) {
            let key = UInt32(number(payload[offset..<offset + 4]))
            guard store.defaults[key] != nil else { return nil }
            guard let value = layer[key] else { continue }
            let size = [1, 1, 1, 2, 4, 8][Int(key >> 28 & 7)]
            bytes += payload[offset..<offset + 4]
            bytes += (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
        }
        return bytes.count > 4 ? bytes : nil
    }

    private func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    // MARK: - Older messages

    /// UBX-CFG-MSG: two bytes ask, three set the rate of this port, eight those of all six.
    private mutating func answerRate(_ payload: [UInt8]) -> [UInt8] {
        guard payload.count >= 2 else { return acknowledge(0x0601, false) }
        let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
        guard var rates = store.settings[code], code >> 8 != 0x06 else { return acknowledge(0x0601, false) }
        switch payload.count {
        case 2: return frame(0x0601, rates) + acknowledge(0x0601, true)
        case 3: rates[3] = payload[2]
        case 8: rates = payload
        default: return acknowledge(0x0601, false)
        }
        store.settings[code] = rates
        return acknowledge(0x0601, true)
    }

    /// Takes an older message of the right length, as far as it says what counts.
    private mutating func change(_ code: UInt16, _ own: [UInt8], _ payload: [UInt8]) -> Bool {
        guard payload.count == own.count else { return false }
        var own = payload
        if code == 0x0624, let before = store.settings[code] {
            // UBX-CFG-NAV5: bits 0, 1 and 10 of the first word say which of the parts count.
            let parts = UInt16(payload[0]) | UInt16(payload[1]) << 8
            own = before
            if parts & 0x0001 != 0 { own[2] = payload[2] }
            if parts & 0x0002 != 0 { own[12] = payload[12] }
            if parts & 0x0400 != 0, model != .lea6T { own[30] = payload[30] }
            // What is told is always that all parts count.
            (own[0], own[1]) = (0xff, 0x05)
        }
        store.settings[code] = own
        if code == 0x063d { survey = nil }
        return true
    }

    /// UBX-CFG-CFG: three words of sections to clear, save and load, and where.
    private mutating func save(_ payload: [UInt8]) -> Bool {
        guard !model.hasKeys, payload.count >= 12 else { return false }
        if payload[4...7].contains(where: { $0 != 0 }) { store.savedSettings = store.settings }
        return true
    }
}
