import LinuxSystem
import Receivers
import TimeScale

/// A live serial port, decoded until it is gone.
enum DecodedPort {
    /// Silence after which a burst of messages is over: receivers send without pause, the slowest of them a character
    /// each 2 ms, and buffers on the way hold bytes back for 16 ms (FTDI).
    private static let silence = Interval.milliseconds(250)
    /// How long each speed is listened at: the longest burst and the pause to the next of a receiver that sends once
    /// each second, half of it lost at the start.
    private static let hearing = Interval.milliseconds(2500)
    /// Messages that prove a speed. Two, because the old packets of TSIP have no checksum.
    private static let messagesNeeded: UInt64 = 2
    /// The usual ones first.
    private static let speeds = [9600, 115_200, 38_400, 4800, 57_600, 19_200, 230_400, 460_800, 921_600]

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

    /// The first speed at which there are messages.
    private static func findSpeed(_ path: String) throws -> Int {
        while true {
            for speed in speeds {
                Console.error("\(path): listening at \(speed) baud\n")
                if try hearsMessages(path, speed) { return speed }
            }
        }
    }

    private static func hearsMessages(_ path: String, _ speed: Int) throws(SystemError) -> Bool {
        let port: SerialPort
        do {
            port = try SerialPort(path: path, baudRate: speed)
        } catch {
            guard error.remark == nil else { return false }
            throw error
        }
        var decoder = ReceiverDecoder(notBefore: GNSSWeek.gpsEpoch)
        var buffer = [UInt8](repeating: 0, count: 4096)
        var poll = PollSet()
        let end = KernelClock.monotonic() + hearing
        while KernelClock.monotonic() < end, decoder.statistics.messages < messagesNeeded {
            poll.removeAll()
            poll.add(port.descriptor)
            _ = try poll.wait(timeout: end - KernelClock.monotonic())
            var span = buffer.mutableSpan
            if let count = try port.read(into: &span) {
                decoder.consume(buffer.span.extracting(first: count), arrived: .unixEpoch) { _ in }
            }
        }
        return decoder.statistics.messages >= messagesNeeded
    }
}
