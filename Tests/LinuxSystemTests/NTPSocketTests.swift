import Glibc
import LinuxSystem
import Testing
import TimeScale

@Suite("NTP socket")
struct NTPSocketTests {
    /// Waits until a socket can be read.
    private func isReadable(_ socket: borrowing NTPSocket, within timeout: Interval = .seconds(2)) throws -> Bool {
        var poll = PollSet()
        poll.add(socket.descriptor)
        return try poll.wait(timeout: timeout) && poll.needsAttention(0)
    }

    /// Waits for a batch.
    private func receive(_ server: borrowing NTPSocket, _ batch: inout DatagramBatch) throws -> Bool {
        guard try isReadable(server) else { return false }
        return try batch.receive(from: server)
    }

    /// What came with the datagrams of a batch; none of them is answered.
    private func arrivals(_ batch: inout DatagramBatch) -> [DatagramBatch.Arrival] {
        var arrivals: [DatagramBatch.Arrival] = []
        batch.answerEach { _, arrival in
            arrivals.append(arrival)
            return .none
        }
        return arrivals
    }

    @Test(
        "a request arrives with a recent kernel stamp and the answer gets back",
        arguments: ["127.0.0.1", "::1"], [1, 32])
    func roundTrip(address: String, capacity: Int) throws {
        let server = try NTPSocket(address: address, port: 0)
        let client = try QuerySocket(host: address, port: server.localPort())
        var batch = DatagramBatch(capacity: capacity)
        let isEarly = try batch.receive(from: server)
        #expect(!isEarly)
        var stamp: Instant?
        var request: [UInt8] = []
        // The kernel turns its stamps on from a work queue, some time after a socket has asked for them (net_enable_timestamp).
        for _ in 0..<200 where stamp == nil {
            try client.send([1, 2, 3].span)
            let hasArrived = try receive(server, &batch)
            #expect(hasArrived)
            batch.answerEach { bytes, arrival in
                stamp = arrival.stamp
                request = (0..<arrival.length).map { bytes[$0] }
                bytes[0] = 9
                return arrival.stamp == nil ? .none : .init(length: 2)
            }
            if stamp == nil { Pause.sleep(.milliseconds(10)) }
        }
        #expect(request == [1, 2, 3])
        #expect((KernelClock.realTime() - (try #require(stamp))).magnitude < .second)
        let group = batch.group(from: 0, size: 8)
        batch.send(group, to: server)
        let isSent = batch.hasAnswer(0)
        #expect(isSent)
        var answer = DatagramBuffer()
        let hasAnswer = try client.receive(into: &answer, timeout: .seconds(2))
        #expect(hasAnswer)
        let (received, isStamped) = ((answer.length, answer.bytes[0], answer.bytes[1]), answer.hasKernelStamp)
        #expect(received == (2, 9, 2))
        #expect(isStamped)
    }

    @Test("a batch takes what waits, in order, as often as it has room, and sends only what is answered")
    func batches() throws {
        let server = try NTPSocket(address: "127.0.0.1", port: 0)
        let client = try QuerySocket(host: "127.0.0.1", port: server.localPort())
        for number in 0..<20 as Range<UInt8> { try client.send([number, 0].span) }
        var batch = DatagramBatch(capacity: 16)
        var seen: [UInt8] = []
        var counts: [Int] = []
        while try receive(server, &batch) {
            counts.append(batch.count)
            batch.answerEach { bytes, _ in
                seen.append(bytes[0])
                return bytes[0] % 3 == 0 ? .init(length: 2) : .none
            }
            var next = 0
            while next < batch.count {
                let group = batch.group(from: next, size: 2)
                var answers = 0
                batch.forAnswers(of: group) { bytes, index, length in
                    #expect(length == 2 && group.contains(index))
                    bytes[1] = 100 + bytes[0]
                    answers += 1
                }
                #expect(answers <= 2)
                batch.send(group, to: server)
                next = group.upperBound
            }
            if seen.count == 20 { break }
        }
        #expect(counts == [16, 4])
        #expect(seen == Array(0..<20))
        for number in stride(from: 0, to: 20, by: 3) {
            var answer = DatagramBuffer()
            let hasAnswer = try client.receive(into: &answer, timeout: .seconds(2))
            let bytes = (answer.bytes[0], answer.bytes[1])
            #expect(hasAnswer && bytes == (UInt8(number), UInt8(100 + number)))
        }
    }

    @Test("an answer leaves from the address that was asked")
    func answersFromAddressAsked() throws {
        let server = try NTPSocket(address: "0.0.0.0", port: 0)
        // Connected to 127.0.0.2, the client hears nothing that comes from 127.0.0.1.
        let client = try QuerySocket(host: "127.0.0.2", port: server.localPort(), family: .ipv4)
        var batch = DatagramBatch(capacity: 4)
        try client.send([7].span)
        let hasArrived = try receive(server, &batch)
        #expect(hasArrived)
        batch.answerEach { _, _ in .init(length: 1) }
        batch.send(0..<1, to: server)
        let isSent = batch.hasAnswer(0)
        #expect(isSent)
        var answer = DatagramBuffer()
        let hasAnswer = try client.receive(into: &answer, timeout: .seconds(2))
        let length = answer.length
        #expect(hasAnswer && length == 1)
    }

    @Test("the peer's address is sixteen bytes, IPv4 mapped")
    func peerAddress() throws {
        var batch = DatagramBatch(capacity: 2)
        let four = try NTPSocket(address: "127.0.0.1", port: 0)
        try QuerySocket(host: "127.0.0.1", port: four.localPort()).send([0].span)
        let hasFour = try receive(four, &batch)
        #expect(hasFour)
        let firstmapped = arrivals(&batch).first
        let mapped = try #require(firstmapped)
        #expect(mapped.address == (0, 0xffff_7f00_0001))
        #expect(mapped.port != 0)
        let six = try NTPSocket(address: "::1", port: 0)
        try QuerySocket(host: "::1", port: six.localPort()).send([0].span)
        let hasSix = try receive(six, &batch)
        #expect(hasSix)
        let firstaddress = arrivals(&batch).first
        let address = try #require(firstaddress).address
        #expect(address == (0, 1))
    }

    @Test("a datagram longer than its room is marked as cut", arguments: [1, 8])
    func truncation(capacity: Int) throws {
        let server = try NTPSocket(address: "127.0.0.1", port: 0)
        let client = try QuerySocket(host: "127.0.0.1", port: server.localPort())
        try client.send([UInt8](repeating: 5, count: 3000).span)
        var batch = DatagramBatch(capacity: capacity)
        let hasArrived = try receive(server, &batch)
        #expect(hasArrived)
        let firstarrival = arrivals(&batch).first
        let arrival = try #require(firstarrival)
        #expect(arrival.isTruncated)
        // recvmmsg(2) and recvmsg(2) tell how much there was room for, without MSG_TRUNC among the flags.
        #expect(arrival.length == DatagramBatch.datagramSize)
    }

    @Test("what is sent to a broadcast address is told from what is sent to this machine alone")
    func groupAddressed() throws {
        let server = try NTPSocket(address: "0.0.0.0", port: 0)
        let sender = try NTPSocket(address: "127.0.0.1", port: 0)
        var batch = DatagramBatch(capacity: 1)
        // Loopback's own broadcast address (RFC 1122 §3.2.1.3).
        for (address, isGroup) in [("127.255.255.255", true), ("127.0.0.1", false)] {
            try sender.send([1].span, to: address, port: server.localPort(), interface: nil, timeToLive: 1)
            let hasArrived = try receive(server, &batch)
            #expect(hasArrived)
            let arrival = arrivals(&batch).first
            let group = try #require(arrival).group
            #expect((group != nil) == isGroup, "\(address)")
            if let group { #expect(group == (0, 0xffff_7fff_ffff)) }
        }
    }

    /// A reply to a forged request would else become one for each host of the network.
    @Test("a socket may broadcast only while it does")
    func leaveToBroadcast() throws {
        let socket = try NTPSocket(address: "127.0.0.1", port: 0)
        func mayBroadcast() -> Int32 {
            var value: Int32 = -1
            var length = socklen_t(MemoryLayout<Int32>.size)
            // SAFETY: the kernel writes one number of the length given.
            _ = unsafe getsockopt(socket.descriptor.rawValue, SOL_SOCKET, SO_BROADCAST, &value, &length)
            return value
        }
        #expect(mayBroadcast() == 0)
        try socket.send([1].span, to: "127.255.255.255", port: 9, interface: nil, timeToLive: 1)
        #expect(mayBroadcast() == 0)
    }

    @Test("the kernel tells when an answer left, if it is asked to, and gives its bytes back")
    func departure() throws {
        let server = try NTPSocket(address: "127.0.0.1", port: 0)
        let client = try QuerySocket(host: "127.0.0.1", port: server.localPort())
        var batch = DatagramBatch(capacity: 4)
        for wantsDeparture in [false, true] {
            try client.send([1, 2, 3, 4].span)
            let hasArrived = try receive(server, &batch)
            #expect(hasArrived)
            batch.answerEach { _, _ in .init(length: 4, wantsDeparture: wantsDeparture) }
            let before = KernelClock.realTime()
            batch.send(0..<1, to: server)
            let isSent = batch.hasAnswer(0)
            #expect(isSent)
            var frame = [UInt8](repeating: 0, count: 256)
            var room = frame.mutableSpan
            let hasAttention = try isReadable(server, within: wantsDeparture ? .seconds(2) : .milliseconds(5))
            #expect(hasAttention == wantsDeparture)
            let taken = server.takeDeparture(into: &room)
            #expect((taken != nil) == wantsDeparture)
            guard let departure = taken else { continue }
            let stamp = try #require(departure.stamp)
            #expect(stamp >= before && stamp <= KernelClock.realTime())
            #expect(Array(frame[..<departure.length].suffix(4)) == [1, 2, 3, 4])
            #expect(departure.length > 4 + 8 + 20)
            var rest = frame.mutableSpan
            let second = server.takeDeparture(into: &rest)
            #expect(second == nil)
        }
    }

    @Test("of sockets that share a port a client always finds the same one, and clients spread")
    func steering() throws {
        let sockets = try SharedSockets(count: 4)
        var found: [UInt64: Set<Int>] = [:]
        for round in 0..<3 {
            for client in 1...40 {
                // Another port each time: the address alone shall choose.
                let sender = try NTPSocket(address: "127.0.1.\(client)", port: 0)
                try sender.send(
                    [UInt8(round)].span, to: "127.0.0.1", port: sockets.port, interface: nil, timeToLive: 1)
            }
            for (address, index) in try sockets.take(40) { found[address, default: []].insert(index) }
        }
        #expect(found.count == 40)
        #expect(found.values.allSatisfy { $0.count == 1 })
        // 40 clients on 4 sockets: that one has none at all happens with 4 · 0.75⁴⁰ = 4e-5.
        #expect(Set(found.values.flatMap { $0 }).count == 4)
    }

    @Test("a port that is not shared cannot be had twice")
    func exclusive() throws {
        let first = try NTPSocket(address: "127.0.0.1", port: 0)
        let port = try first.localPort()
        for sharesPort in [false, true] {
            let error = failure { () throws(SystemError) in
                try NTPSocket(address: "127.0.0.1", port: port, sharesPort: sharesPort)
            }
            #expect(error?.description == "bind 127.0.0.1 port \(port): address already in use")
        }
    }

    @Test("a query that nobody answers ends at its time-out or with the port refused")
    func silence() throws {
        let server = try NTPSocket(address: "127.0.0.1", port: 0)
        let client = try QuerySocket(host: "127.0.0.1", port: server.localPort())
        var answer = DatagramBuffer()
        let hasAnswer = try client.receive(into: &answer, timeout: .milliseconds(5))
        #expect(!hasAnswer)
    }

    @Test("a failure to bind names address and port")
    func bindFailure() throws {
        let error = failure { () throws(SystemError) in try NTPSocket(address: "192.0.2.1", port: 12_300) }
        #expect(error?.description == "bind 192.0.2.1 port 12300: cannot assign requested address")
        let malformed = failure { () throws(SystemError) in try NTPSocket(address: "1.2.3", port: 123) }
        #expect(malformed?.description == "address 1.2.3: invalid argument")
        let group = failure { () throws(SystemError) in
            try NTPSocket(address: "127.0.0.1", port: 0).join(group: "127.0.0.1", interface: nil)
        }
        #expect(group?.description == "join 127.0.0.1: invalid argument")
        let interface = failure { () throws(SystemError) in
            try NTPSocket(address: "127.0.0.1", port: 0).join(group: "224.0.1.1", interface: "none0")
        }
        #expect(interface?.description == "interface none0: no such device")
    }
}

/// Sockets that share one port of 127.0.0.1.
private struct SharedSockets {
    /// A class, because an array holds these.
    private final class Holder {
        let socket: NTPSocket
        init(_ socket: consuming NTPSocket) { self.socket = socket }
    }

    let port: UInt16
    private let holders: [Holder]

    init(count: Int) throws {
        let first = try NTPSocket(address: "127.0.0.1", port: 0, sharesPort: true)
        port = try first.localPort()
        var holders = [Holder(first)]
        for _ in 1..<count {
            holders.append(Holder(try NTPSocket(address: "127.0.0.1", port: port, sharesPort: true)))
        }
        try holders[0].socket.steerClients(over: count, ipv4Prefix: 32, ipv6Prefix: 128, secret: 0x9e37_79b9)
        self.holders = holders
    }

    /// Takes so many datagrams; who sent them, and the socket each has found.
    func take(_ count: Int) throws -> [(UInt64, Int)] {
        var batch = DatagramBatch(capacity: 8)
        var found: [(UInt64, Int)] = []
        let deadline = KernelClock.monotonic() + .seconds(2)
        while found.count < count, KernelClock.monotonic() < deadline {
            for (index, holder) in holders.enumerated() {
                while try batch.receive(from: holder.socket) {
                    batch.answerEach { _, arrival in
                        found.append((arrival.address.low, index))
                        return .none
                    }
                }
            }
        }
        return found
    }
}
