import Glibc
import TimeScale

/// A device that keeps its identity when the kernel gives it another name.
///
/// A receiver on USB that is unplugged may come back as `/dev/ttyUSB1`, and another take its old name. udev keeps a link
/// for each device that is named after what it is (`/dev/serial/by-id/…`). The link that led to the device when it was
/// first opened is remembered, and preferred from then on. Another device under the configured name stands in for it once
/// it has been missed for a while, and gives way when it is back: when a hub comes back with its devices in another order,
/// each is found again.
public struct StableDeviceName: Sendable {
    /// The name in the configuration.
    public let configured: String
    /// The link that led to the device when it was first opened, where there is one.
    public private(set) var link: String?
    /// Whether another device than that was opened last.
    public private(set) var isStandIn = false
    /// The link of that one.
    private var standIn: String?
    /// Since when the device is missed while another has its name.
    private var missedSince: MonotonicInstant?
    private let directory: String

    /// How long a device is waited for while another has its name: those of a hub come back within some seconds.
    private static let patience = Interval.seconds(10)

    /// A device that has not been opened yet.
    ///
    /// - Parameters:
    ///   - configured: the name in the configuration.
    ///   - directory: where udev keeps its links.
    public init(_ configured: String, directory: String = "/dev/serial/by-id") {
        (self.configured, self.directory) = (configured, directory)
    }

    /// The name by which to open the device now.
    ///
    /// That is the link where it leads to a device, though not to the configured one; else the configured name, or the
    /// link of the device that stood in before.
    ///
    /// - Parameter now: the time.
    /// - Returns: `nil` while there is another device, and the right one is waited for.
    public mutating func next(at now: MonotonicInstant) -> String? {
        guard let link else { return configured }
        let named = Self.target(configured)
        if let target = Self.target(link) {
            missedSince = nil
            return target == named ? configured : link
        }
        let other = standIn.flatMap { Self.target($0) }
        guard let target = named ?? other else {
            missedSince = nil
            return configured
        }
        let since = missedSince ?? now
        missedSince = since
        guard target == other || now - since >= Self.patience else { return nil }
        return named == nil ? standIn : configured
    }

    /// Whether the device is back while another stands in for it.
    public var isBack: Bool { isStandIn && link.flatMap { Self.target($0) } != nil }

    /// Remembers which device the name leads to, once that is open.
    ///
    /// - Parameter name: by which it was opened.
    /// - Returns: whether its link is the same as before.
    @discardableResult
    public mutating func remember(openedAs name: String) -> Bool {
        let before = isStandIn ? standIn : link
        let target = Self.target(name)
        let found = target.flatMap { target in links.first { Self.target($0) == target } }
        link = link ?? found
        isStandIn = found != link
        if isStandIn { standIn = found }
        missedSince = nil
        return found != nil && found == before
    }

    private var links: [String] {
        // SAFETY: the stream is read and closed here; a name is copied before the next is read.
        guard let stream = unsafe opendir(directory) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name.0) { unsafe String(cString: $0) }
            if !name.hasPrefix(".") { names.append("\(directory)/\(name)") }
        }
        return names.sorted()
    }

    /// What a name leads to; `nil` where there is nothing.
    private static func target(_ path: String) -> String? {
        // SAFETY: realpath allocates the answer, which is copied and freed here.
        guard let resolved = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }
}
