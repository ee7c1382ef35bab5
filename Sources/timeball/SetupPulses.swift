import LinuxSystem
import ReceiverSetup

/// A pulse device while setup looks at it.
final class SetupPulses {
    private(set) var measured: MeasuredPulses
    private let edges: PulseEdges
    private var before: PulseEdges.Last

    init(_ device: DeviceList.Pulses) throws(SystemError) {
        measured = MeasuredPulses(path: device.path, name: device.name, terminal: device.terminal)
        let edges = try PulseEdges(path: device.path)
        // What was captured before may be hours old.
        before = try edges.fetch()
        self.edges = edges
    }

    /// Notes the edges that have come; stops at a device that is gone.
    func attend() {
        guard let last = try? edges.fetch() else { return }
        if let edge = last.assert, edge != before.assert {
            measured.asserts.append(.init(sequence: edge.sequence, time: edge.edge))
        }
        if let edge = last.clear, edge != before.clear {
            measured.clears.append(.init(sequence: edge.sequence, time: edge.edge))
        }
        before = last
    }
}
