import Glibc

/// A device that keeps its identity when the kernel gives it another name.
///
/// A receiver on USB that is unplugged may come back as `/dev/ttyUSB1`, and another take its old name. udev keeps a link
/// for each device that is named after what it is (`/dev/serial/by-id/…`). The link that led to the device when it was
/// opened is remembered, and preferred from then on.
public struct StableDeviceName: Sendable {
    /// The name in the configuration.
    public let configured: String
    /// The link that led to the device when it was last opened, where there is one.
    public private(set) var link: String?
    private let directory: String

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
    /// That is the link where it leads to a device, though not to the configured one; else the configured name.
    public var current: String {
        guard let link, let target = Self.target(link), target != Self.target(configured) else { return configured }
        return link
    }

    /// Remembers which device the name leads to, once that is open.
    ///
    /// - Parameter name: by which it was opened.
    public mutating func remember(openedAs name: String) {
        guard let target = Self.target(name) else { return }
        link = links.first { Self.target($0) == target } ?? link
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
