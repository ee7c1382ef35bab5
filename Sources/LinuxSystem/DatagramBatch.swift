// HOT PATH
import CLinux
import Glibc
import TimeScale

/// Requests received together, and the answers that take their places: one system call for many of them.
///
/// Its memory is made once and allocates nothing after that. A batch of one uses the plain calls, which is what
/// simulators know (architecture §6).
@safe public struct DatagramBatch: ~Copyable {
    /// Where a datagram comes from, and when it came.
    public struct Arrival {
        /// Bytes received, 0 ... `DatagramBatch.datagramSize`.
        public let length: Int
        /// The sender's address as 16 bytes in two words, first on the wire highest; IPv4 as ::ffff:a.b.c.d.
        public let address: (high: UInt64, low: UInt64)
        /// The sender's port.
        public let port: UInt16
        /// The kernel's receive stamp, CLOCK_REALTIME; `nil` where there is none.
        public let stamp: Instant?
        /// The network card's receive stamp, on the card's clock; the number of the interface that made it; and the bytes
        /// of the frame, headers included, checksum not. `nil` where there is none.
        public let hardwareStamp: (nanoseconds: Int64, interface: UInt32, frameLength: Int)?
        /// The broadcast or multicast address that it was sent to, as `address`; `nil` where it was this machine's own.
        public let group: (high: UInt64, low: UInt64)?
        /// Datagrams that the socket has had to drop so far, where it has any; else 0. Wraps.
        public let dropped: UInt32
        /// Whether its end was cut off.
        public let isTruncated: Bool
    }

    /// What becomes of a datagram.
    public struct Answer {
        /// Bytes of the answer, the first of the datagram's; 0 = none.
        public let length: Int
        /// Whether the kernel shall tell when it leaves (`NTPSocket.takeDeparture`).
        public let wantsDeparture: Bool

        /// An answer of so many bytes, 0 ... `DatagramBatch.datagramSize`.
        public init(length: Int, wantsDeparture: Bool = false) {
            (self.length, self.wantsDeparture) = (length, wantsDeparture)
        }

        /// No answer.
        public static var none: Answer { Answer(length: 0) }
    }

    /// Bytes that a datagram may have.
    public static let datagramSize = Int(CLX_DATAGRAM_SIZE)

    /// Bytes of the headers of Ethernet, IP without options, and UDP: 14 + 20 + 8 and 14 + 40 + 8.
    private static let ipv4Headers = 42
    private static let ipv6Headers = 62

    /// Datagrams of the last receipt.
    public private(set) var count = 0
    /// How many it can take.
    public let capacity: Int

    private let batch: OpaquePointer
    /// `capacity` of them; memory of the batch.
    private let datagrams: UnsafeMutablePointer<clx_datagram>

    /// Room for so many datagrams, 1 or more.
    public init(capacity: Int) {
        precondition(capacity > 0, "a batch takes one datagram at least")
        // SAFETY: the batch is this value's own until `deinit`, and so are its datagrams.
        guard let batch = unsafe clx_batch_create(Int32(capacity)),
            let first = unsafe clx_batch_datagrams(batch)
        else {
            fatalError("out of memory for \(capacity) datagrams")
        }
        self.capacity = capacity
        unsafe self.batch = batch
        unsafe datagrams = first
    }

    deinit {
        // SAFETY: nothing else knows the batch.
        unsafe clx_batch_destroy(batch)
    }

    /// Takes what waits at a socket.
    ///
    /// - Returns: whether there was anything; then `count` datagrams without answers.
    /// - Throws: `SystemError`.
    public mutating func receive(from socket: borrowing NTPSocket) throws(SystemError) -> Bool {
        // SAFETY: the batch lives as long as this value; the kernel keeps no pointers.
        let answer = unsafe clx_batch_receive(batch, socket.descriptor.rawValue)
        count = max(0, Int(answer))
        if answer == -EAGAIN { return false }
        guard answer >= 0 else { throw SystemError("recvmmsg", code: -answer) }
        return count > 0
    }

    /// Looks at every datagram and writes its answer into its place.
    ///
    /// - Parameter answer: is given the whole room of the datagram, whose first bytes are the request, and rewrites it.
    public mutating func answerEach(_ answer: (inout MutableSpan<UInt8>, Arrival) -> Answer) {
        for index in 0..<count {
            // SAFETY: `index` is below the capacity.
            let datagram = unsafe datagrams + index
            let arrival = unsafe Self.arrival(datagram)
            let decision = unsafe Self.withBytes(of: datagram) { answer(&$0, arrival) }
            precondition((0...Self.datagramSize).contains(decision.length), "an answer fits the datagram's room")
            unsafe datagram.pointee.reply_length = UInt32(decision.length)
            unsafe datagram.pointee.wants_stamp = decision.wantsDeparture ? 1 : 0
        }
    }

    /// Datagrams in a row that have so many answers at most, or are the rest.
    ///
    /// - Parameters:
    ///   - first: where they begin, 0 ... `count`.
    ///   - size: answers, 1 or more.
    /// - Returns: empty where `first` is the end.
    public func group(from first: Int, size: Int) -> Range<Int> {
        var (end, answers) = (first, 0)
        while end < count, answers < size {
            // SAFETY: `end` is below the capacity.
            if unsafe datagrams[end].reply_length > 0 { answers += 1 }
            end += 1
        }
        return first..<end
    }

    /// Looks at the answers of a group once more before they are sent.
    ///
    /// - Parameters:
    ///   - group: some datagrams of the batch.
    ///   - body: is given an answer's room, its index and its length.
    public mutating func forAnswers(of group: Range<Int>, _ body: (inout MutableSpan<UInt8>, Int, Int) -> Void) {
        for index in group {
            precondition(index < count, "a group is one of the batch")
            // SAFETY: `index` is below the capacity.
            let datagram = unsafe datagrams + index
            let length = unsafe Int(datagram.pointee.reply_length)
            if length > 0 { unsafe Self.withBytes(of: datagram) { body(&$0, index, length) } }
        }
    }

    /// Sends the answers of a group, each from the address that was asked; those that cannot be sent are none any more.
    public mutating func send(_ group: Range<Int>, to socket: borrowing NTPSocket) {
        precondition(group.upperBound <= count, "a group is one of the batch")
        // SAFETY: the datagrams are within the capacity; the kernel keeps no pointers.
        unsafe clx_batch_send(
            batch, socket.descriptor.rawValue, Int32(group.lowerBound), Int32(group.count), socket.departureStamps)
    }

    /// Whether a datagram has an answer, which has been sent where its group has been.
    public func hasAnswer(_ index: Int) -> Bool {
        precondition(index < count, "a datagram of the batch")
        // SAFETY: `index` is below the capacity.
        return unsafe datagrams[index].reply_length > 0
    }

    private static func withBytes<Result>(
        of datagram: UnsafeMutablePointer<clx_datagram>, _ body: (inout MutableSpan<UInt8>) -> Result
    ) -> Result {
        // SAFETY: the bytes are the datagram's own, all of them initialised, and `body` cannot keep the span.
        var span = unsafe UnsafeMutableBufferPointer(start: datagram.pointee.bytes, count: datagramSize).mutableSpan
        return body(&span)
    }

    private static func arrival(_ datagram: UnsafeMutablePointer<clx_datagram>) -> Arrival {
        var words = (high: UInt64(0), low: UInt64(0))
        // SAFETY: the functions read one clx_address and write two words.
        let port = unsafe withUnsafePointer(to: &datagram.pointee.info.peer) { peer in
            unsafe clx_address_words(peer, &words.high, &words.low)
            return unsafe clx_address_port(peer)
        }
        let info = unsafe datagram.pointee.info
        let length = unsafe Int(datagram.pointee.length)
        return Arrival(
            length: length, address: words, port: port,
            stamp: info.received != 0 ? Instant(nanoseconds: info.received) : nil,
            hardwareStamp: info.hardware_received != 0 ? hardwareStamp(info, length) : nil,
            group: info.is_group != 0 ? (info.group_high, info.group_low) : nil, dropped: info.dropped,
            isTruncated: info.is_truncated != 0)
    }

    /// Behind a bond or a bridge the interface that stamps is another than the one of the address.
    private static func hardwareStamp(
        _ info: clx_datagram_info, _ length: Int
    ) -> (nanoseconds: Int64, interface: UInt32, frameLength: Int) {
        let isIPv4 = Int32(info.peer.storage.ss_family) == AF_INET
        let headers = isIPv4 ? ipv4Headers : ipv6Headers
        return (
            nanoseconds: info.hardware_received,
            interface: info.stamp_interface != 0 ? info.stamp_interface : info.arrival_interface,
            frameLength: info.frame_length != 0 ? Int(info.frame_length) : length + headers
        )
    }
}
