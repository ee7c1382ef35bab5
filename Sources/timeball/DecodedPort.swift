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
    ///   - baudRate: its speed; `nil` to find it.
    ///   - decoder: decodes it.
    ///   - listing: writes it.
    /// - Throws: `SystemError`, always in the end.
    static func read(
        path: String, baudRate: Int?, with decoder: inout ReceiverDecoder, into listing: inout DecodedListing
    ) throws -> Never {
        let baudRate = try baudRate ?? findSpeed(path)
        let port = try SerialPort(path: path, baudRate: baudRate)
        decoder.characterTime = Interval(nanoseconds: 10_000_000_000 / Int64(baudRate))
        var buffer = [UInt8](repeating: 0, count: 4096)
        var poll = PollSet()
        while true {
            poll.removeAll()
            poll.add(port.descriptor)
            _ = try poll.wait(timeout: silence)
            var span = buffer.mutableSpan
            if let count = try port.read(into: &span) {
                listing.take(buffer.span.extracting(first: count), arrived: KernelClock.realTime(), by: &decoder)
            } else {
                listing.finish()
            }
        }
    }

    /// The speed at which there are messages; searched for until there are.
    private static func findSpeed(_ path: String) throws -> Int {
        let speeds = try SerialPort.likelySpeeds(takenBy: path)
        while true {
            if let speed = try search(path, speeds) { return speed }
        }
    }

    private static func search(_ path: String, _ speeds: [Int]) throws -> Int? {
        var search = SpeedSearch(speeds: speeds, now: KernelClock.monotonic())
        var decoder = ReceiverDecoder(notBefore: GNSSWeek.gpsEpoch)
        let port = try SerialPort(path: path, baudRate: search.baudRate)
        Console.error("\(path): listening at \(search.baudRate) baud\n")
        var buffer = [UInt8](repeating: 0, count: 4096)
        var poll = PollSet()
        while true {
            poll.removeAll()
            poll.add(port.descriptor)
            _ = try poll.wait(timeout: max(.zero, search.due - KernelClock.monotonic()))
            var span = buffer.mutableSpan
            if let count = try port.read(into: &span) {
                decoder.consume(buffer.span.extracting(first: count), arrived: .unixEpoch) { _ in }
            }
            switch search.observe(decoder.statistics, now: KernelClock.monotonic()) {
            case .listen: break
            case .change(let speed):
                try port.change(baudRate: speed)
                decoder.reset()
                Console.error("\(path): listening at \(speed) baud\n")
            case .found(let finding): return finding.baudRate
            case .failed: return nil
            }
        }
    }
}
