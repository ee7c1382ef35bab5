import ConfigurationLanguage
import LinuxSystem
import Receivers
import ReferenceClocks
import TimeScale

/// A live serial port, decoded until it is gone.
enum DecodedPort {
    /// Silence after which a burst of messages is over: receivers send without pause, the slowest of them a character
    /// each 2 ms, and buffers on the way hold bytes back for 16 ms (FTDI).
    private static let silence = Interval.milliseconds(250)

    /// Lists what comes, until the port fails.
    ///
    /// - Parameters:
    ///   - path: the port.
    ///   - settings: of its line; `nil` to find them.
    ///   - decoder: decodes it.
    ///   - listing: writes it.
    /// - Throws: `SystemError` or `Interrupted`, always in the end; the port is as it was then.
    static func read(
        path: String, settings: LineSettings?, with decoder: ReceiverDecoder, into listing: inout DecodedListing
    ) throws -> Never {
        let port = try ListeningPort(path: path, settings: settings, by: decoder)
        var buffer = [UInt8](repeating: 0, count: 4096)
        var poll = PollSet()
        var isSearching = settings == nil
        if isSearching { say(port, path) }
        while true {
            poll.removeAll()
            let index = poll.add(number: port.descriptorNumber)
            let isReady = try poll.wait(timeout: silence) && poll.needsAttention(index)
            try Interrupted.check()
            let count = isReady ? try port.read(into: &buffer) : nil
            let bytes = buffer.span.extracting(first: count ?? 0)
            guard isSearching else {
                if count == nil { try listing.finish() }
                try listing.take(bytes, arrived: KernelClock.realTime(), by: &port.decoder)
                continue
            }
            port.decoder.consume(bytes, arrived: KernelClock.realTime()) { _ in }
            switch try port.follow() {
            case .listen: break
            case .change: say(port, path)
            case .found:
                // What the search has seen is not listed, and begins nothing.
                isSearching = false
                port.decoder.reset()
            case .failed:
                port.beginSearch()
                say(port, path)
            }
        }
    }

    private static func say(_ port: ListeningPort, _ path: String) {
        Console.error("\(path): listening at \(port.settings)\n")
    }
}
