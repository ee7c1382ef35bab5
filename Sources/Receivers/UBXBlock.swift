/// A part of a u-blox receiver's configuration that is asked for, set and read back with one message each.
///
/// Receivers from protocol 27 on keep values under keys (UBX-CFG-VALSET, UBX-CFG-VALGET); those before have a message for
/// each subject, of which only the bytes that matter are changed in what they answered. Layouts: u-blox interface
/// descriptions as in `shared/reference/nmea-ubx.md` §5.2; CFG-NAV5, CFG-RATE, CFG-GNSS and CFG-ITFM, which it does not
/// have, as in pyubx2. Not checked on hardware.
public struct UBXBlock: Equatable, Sendable {
    /// How it is said.
    public enum Content: Equatable, Sendable {
        /// Values under keys, 64 at most.
        case settings([UBXSetting])
        /// Bytes within an older message.
        case patch(UBXPatch)
        /// CFG-GNSS: which satellite systems are on (`true`) and off, by their gnssId; others stay as they are.
        case systems([UInt8: Bool])
    }

    /// How it is said.
    public let content: Content
    /// Whether it is the timing mode: half of it is worse than nothing, so that it is set or refused as a whole, and a
    /// survey begins anew when it is set.
    public let isTimingMode: Bool
    /// Whether the receiver begins its search for satellites anew when it is set, and must be left in peace.
    public let restartsSearch: Bool

    init(_ content: Content, isTimingMode: Bool = false, restartsSearch: Bool = false) {
        (self.content, self.isTimingMode) = (content, isTimingMode)
        self.restartsSearch = restartsSearch
    }

    /// What it is about, in words for the operator; nothing that is not missed where it is missing.
    public var topics: [String] {
        switch content {
        case .settings(let settings):
            settings.reduce(into: []) { topics, setting in
                if !setting.isOptional, !topics.contains(setting.topic) { topics.append(setting.topic) }
            }
        case .patch(let patch): patch.isOptional ? [] : [patch.topic]
        case .systems: ["satellite systems"]
        }
    }

    /// Whether it can be kept in a layer of its own.
    public var hasLayers: Bool {
        if case .settings = content { true } else { false }
    }

    /// The two halves; `nil` for what cannot be divided.
    public var halves: (UBXBlock, UBXBlock)? {
        guard case .settings(let settings) = content, settings.count > 1, !isTimingMode else { return nil }
        let middle = settings.count / 2
        return (
            UBXBlock(.settings(Array(settings[..<middle])), restartsSearch: restartsSearch),
            UBXBlock(.settings(Array(settings[middle...])), restartsSearch: restartsSearch)
        )
    }

    /// What receivers of generations 6 and 7 have in the place of a message that they do not know; `nil` for the rest.
    public var substitute: UBXBlock? {
        guard case .patch(let patch) = content, let rate = patch.messageRate, rate.interval > 0 else { return nil }
        let older: UBXOutput? =
            switch rate.message {
            case .navPVT: .navSolution
            case .navSatellites: .navSpaceVehicles
            default: nil
            }
        return older.map { UBXBlock(.patch(UBXPatch(.init($0, every: rate.interval)))) }
    }

    /// Asks for what the receiver has.
    public func question(_ layer: UBXLayer) -> UBXFrame {
        switch content {
        case .settings(let settings):
            // Version 0, layer, position 0, keys.
            UBXFrame(0x068b, [0, layer.inQuestions, 0, 0] + settings.flatMap { $0.item.key.littleEndianBytes })
        case .patch(let patch): UBXFrame(patch.code, patch.question)
        case .systems: UBXFrame(0x063e)
        }
    }

    /// Tells whether an answer is one to `question`.
    public func isAnswered(by answer: ReceiverAnswer) -> Bool {
        switch (content, answer) {
        case (.settings(let settings), .values(let items)):
            !items.isEmpty && items.allSatisfy { item in settings.contains { $0.item.key == item.key } }
        case (.patch(let patch), .payload(let name, let bytes)):
            name.code == UInt64(patch.code) && bytes.starts(with: patch.question)
        case (.systems, .payload(let name, _)): name.code == 0x063e
        default: false
        }
    }

    /// Tells whether an answer holds all that is to be changed: other firmware may have shorter messages.
    public func fits(_ answer: ReceiverAnswer) -> Bool {
        if case .patch(let patch) = content, case .payload(_, let bytes) = answer { return bytes.count >= patch.length }
        return true
    }

    /// The rest, without what others hold; `nil` where nothing is left.
    public func subtracting(_ others: [UBXBlock]) -> UBXBlock? {
        guard !others.contains(self) else { return nil }
        guard case .settings(let settings) = content, !isTimingMode else { return self }
        let held = others.flatMap { other -> [UBXSetting] in
            if case .settings(let settings) = other.content { settings } else { [] }
        }
        let rest = settings.filter { !held.contains($0) }
        return rest.isEmpty ? nil : UBXBlock(.settings(rest), restartsSearch: restartsSearch)
    }

    /// The command that makes the receiver's configuration what is wanted.
    ///
    /// - Parameters:
    ///   - answer: what the receiver has: one that `isAnswered` and `fits`; `nil` where it has nothing in this layer.
    ///   - layer: where it belongs.
    /// - Returns: `nil` where it is already as wanted.
    public func command(after answer: ReceiverAnswer?, _ layer: UBXLayer) -> UBXFrame? {
        switch (content, answer) {
        case (.settings(let settings), let answer):
            var items: [UBXConfigurationItem] = []
            if case .values(let values) = answer { items = values }
            guard settings.contains(where: { setting in !items.contains { setting.isMet(by: $0) } }) else { return nil }
            // An alternative is as good only where all the rest is as wanted.
            let wrong = settings.filter { !items.contains($0.item) }
            return UBXFrame(0x068a, [0, layer.inCommands, 0, 0] + wrong.flatMap(\.item.bytes))
        case (.patch(let patch), .payload(_, let bytes)):
            guard bytes.count >= patch.length, !patch.isMet(by: bytes) else { return nil }
            return UBXFrame(patch.code, patch.applied(to: bytes))
        case (.systems(let systems), .payload(_, let bytes)):
            let wanted = Self.systems(systems, in: bytes)
            return wanted == bytes ? nil : UBXFrame(0x063e, wanted)
        default: return nil
        }
    }

    /// CFG-GNSS: four bytes, the last of which counts blocks of eight: gnssId, three bytes, flags whose bit 0 switches.
    private static func systems(_ systems: [UInt8: Bool], in answer: [UInt8]) -> [UInt8] {
        guard answer.count >= 4 else { return answer }
        var bytes = answer
        for block in stride(from: 4, to: 4 + 8 * Int(answer[3]), by: 8) where block + 8 <= answer.count {
            guard let isOn = systems[answer[block]] else { continue }
            bytes[block + 4] = answer[block + 4] & 0xfe | (isOn ? 1 : 0)
        }
        return bytes
    }
}

/// Where a receiver keeps values: lost with the power, kept by a battery, or kept.
public enum UBXLayer: Sendable {
    /// What is in force now.
    case memory
    /// Kept while the backup battery lasts; set where there is no flash.
    case battery
    /// Flash, set together with the battery's.
    case flash

    /// The layer as UBX-CFG-VALGET counts them.
    var inQuestions: UInt8 {
        switch self {
        case .memory: 0
        case .battery: 1
        case .flash: 2
        }
    }

    /// Bits of UBX-CFG-VALSET: 1 memory, 2 battery, 4 flash.
    var inCommands: UInt8 {
        switch self {
        case .memory: 1
        case .battery: 2
        case .flash: 6
        }
    }
}

/// A value under a key, and what it is for.
public struct UBXSetting: Equatable, Sendable {
    /// Key and value.
    public let item: UBXConfigurationItem
    /// What it is about, in words for the operator.
    public let topic: String
    /// Another value that is as good.
    let alternative: UInt64?
    /// Whether nobody misses it where the receiver does not know it.
    let isOptional: Bool

    init(
        _ key: UInt32, _ value: some FixedWidthInteger, _ topic: String, or alternative: UInt64? = nil,
        isOptional: Bool = false
    ) {
        item = UBXConfigurationItem(key, UInt64(truncatingIfNeeded: value) & UBXConfigurationItem.mask(ofKey: key))
        (self.topic, self.alternative, self.isOptional) = (topic, alternative, isOptional)
    }

    func isMet(by other: UBXConfigurationItem) -> Bool {
        other.key == item.key && (other.value == item.value || other.value == alternative)
    }
}

extension UBXConfigurationItem {
    /// The bits of a value under a key.
    static func mask(ofKey key: UInt32) -> UInt64 {
        let length = length(ofKey: key) ?? 0
        return length == 8 ? .max : 1 << (8 * UInt64(length)) - 1
    }

    /// Key and value as UBX-CFG-VALSET has them.
    var bytes: [UInt8] {
        key.littleEndianBytes + value.littleEndianBytes.prefix(UBXConfigurationItem.length(ofKey: key) ?? 0)
    }
}

/// Bytes to be set within an older configuration message.
public struct UBXPatch: Equatable, Sendable {
    /// Some bytes, or some bits of them.
    struct Field: Equatable, Sendable {
        let offset: Int
        let bytes: [UInt8]
        /// Which bits count; as many bytes.
        let mask: [UInt8]
        /// Other bytes that are as good.
        let alternative: [UInt8]?

        init(_ offset: Int, _ bytes: [UInt8], mask: [UInt8]? = nil, or alternative: [UInt8]? = nil) {
            (self.offset, self.bytes, self.alternative) = (offset, bytes, alternative)
            self.mask = mask ?? bytes.map { _ in 0xff }
        }

        func isMet(by payload: [UInt8]) -> Bool {
            let own = bytes.indices.map { payload[offset + $0] & mask[$0] }
            return own == bytes || own == alternative
        }

        func apply(to payload: inout [UInt8]) {
            for index in bytes.indices {
                payload[offset + index] = payload[offset + index] & ~mask[index] | bytes[index]
            }
        }
    }

    /// Class and number.
    let code: UInt16
    /// Payload of the question, with which the answer begins.
    let question: [UInt8]
    /// What it is about, in words for the operator.
    let topic: String
    /// Whether nobody misses it where the receiver does not know it.
    let isOptional: Bool
    /// What is wanted.
    let fields: [Field]
    /// What the command must hold besides, and answers need not: which of its parts count.
    let switches: [Field]
    /// The message and its rate, where it is about one.
    private(set) var messageRate: ReceiverProfile.MessageRate?

    init(
        _ code: UInt16, question: [UInt8] = [], _ topic: String, isOptional: Bool = false, _ fields: [Field],
        switches: [Field] = []
    ) {
        (self.code, self.question, self.topic, self.isOptional) = (code, question, topic, isOptional)
        (self.fields, self.switches) = (fields, switches)
    }

    /// CFG-MSG: class, number, and a rate for each of six ports, of which 1 is the first serial port and 3 is USB.
    init(_ rate: ReceiverProfile.MessageRate) {
        self.init(
            0x0601, question: rate.message.code.bigEndianBytes, rate.message.name,
            isOptional: rate.message.isOptional || rate.interval == 0,
            [.init(3, [rate.interval]), .init(5, [rate.interval])])
        messageRate = rate
    }

    /// Fewest bytes that hold all fields.
    var length: Int { (fields + switches).map { $0.offset + $0.bytes.count }.max() ?? 0 }

    func isMet(by payload: [UInt8]) -> Bool { fields.allSatisfy { $0.isMet(by: payload) } }

    func applied(to payload: [UInt8]) -> [UInt8] {
        var payload = payload
        for field in fields + switches { field.apply(to: &payload) }
        return payload
    }
}
