import TimeScale

/// How the line of a receiver is set: its speed and its parity bit, with eight data bits and one stop bit.
public struct LineSettings: Equatable, Sendable {
    /// Every speed that Linux's serial ports commonly take, bit/s, the likeliest first: what receivers leave the factory
    /// with (hardware.md §4), then what people set.
    public static let speeds = [9600, 38_400, 115_200, 4800, 57_600, 19_200, 230_400, 460_800, 921_600]

    /// The speeds in words, the lowest first.
    public static var speedWords: String { speeds.sorted().map { "\($0)" }.joined(separator: ", ") }

    /// Bits a second.
    public let baudRate: Int
    /// The parity bit.
    public let parity: LineParity

    /// Settings from their parts.
    public init(_ baudRate: Int, _ parity: LineParity = .none) { (self.baudRate, self.parity) = (baudRate, parity) }

    /// The time that one character takes: ten bits, eleven with parity.
    public var characterTime: Interval {
        Interval(nanoseconds: (parity == .none ? 10 : 11) * 1_000_000_000 / Int64(baudRate))
    }
}

extension LineSettings: CustomStringConvertible {
    /// `9600 baud`, `9600 baud with odd parity`.
    public var description: String { "\(baudRate) baud" + (parity == .none ? "" : " with \(parity.rawValue) parity") }
}

/// Parity of a serial line.
public enum LineParity: String, CaseIterable, Sendable {
    /// No parity bit.
    case none
    /// An odd number of ones.
    case odd
    /// An even number of ones.
    case even
}
