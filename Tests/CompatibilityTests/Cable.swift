import Synchronization

/// A network of its own on a cable to a daemon's (`Tests/Support/own-network.sh`); needs root.
struct Cable: Sendable {
    /// 0 ... 59; a number comes again when the sixtieth cable after it is laid, and it is long gone.
    let number = Self.laid.wrappingAdd(1, ordering: .relaxed).oldValue % 60

    private static let laid = Atomic(0)

    /// The daemon's end.
    func daemon(isIPv6: Bool) -> String { isIPv6 ? "2001:db8:0:\(number)::1" : "192.0.2.\(4 * number + 1)" }

    /// Both ends and nobody else.
    var broadcast: String { "192.0.2.\(4 * number + 3)" }

    /// What the daemon's end is called in the daemon's network.
    var interface: String { "eth\(number)" }

    /// Has a program run at the other end. The cable is there while it runs.
    func far(from daemon: RunningDaemon, _ words: [String]) -> [String] {
        daemon.inItsNetwork(
            ["/usr/bin/unshare", "-n"] + Programs.script("own-network") + ["\(number)", "\(daemon.processID)"] + words)
    }
}
