import LinuxSystem
import Testing
import TimeScale

@Suite("NTP socket")
struct NTPSocketTests {
    /// Waits for a datagram on a server's socket.
    private func receive(_ server: borrowing NTPSocket, _ buffer: inout DatagramBuffer) throws -> Bool {
        var poll = PollSet()
        poll.add(server.descriptor)
        guard try poll.wait(timeout: .seconds(2)), poll.isReadable(0) else { return false }
        return try server.receive(into: &buffer)
    }

    @Test("a request arrives with a recent kernel stamp and the answer gets back", arguments: ["127.0.0.1", "::1"])
    func roundTrip(address: String) throws {
        let server = try NTPSocket(address: address, port: 0)
        let client = try QuerySocket(host: address, port: server.localPort())
        var buffer = DatagramBuffer()
        let isEarly = try server.receive(into: &buffer)
        #expect(!isEarly)
        try client.send([1, 2, 3].span)
        let hasArrived = try receive(server, &buffer)
        #expect(hasArrived)
        let (length, bytes) = (buffer.length, (buffer.bytes[0], buffer.bytes[2]))
        #expect(length == 3 && bytes == (1, 3))
        let age = KernelClock.realTime() - buffer.received
        #expect(age.magnitude < .second)
        let hasKernelStamp = buffer.hasKernelStamp
        #expect(hasKernelStamp)
        buffer.bytes[0] = 9
        let isSent = try server.reply(from: buffer, length: 2)
        #expect(isSent)
        var answer = DatagramBuffer()
        let hasAnswer = try client.receive(into: &answer, timeout: .seconds(2))
        #expect(hasAnswer)
        let (received, isStamped) = ((answer.length, answer.bytes[0], answer.bytes[1]), answer.hasKernelStamp)
        #expect(received == (2, 9, 2))
        #expect(isStamped)
    }

    @Test("an answer leaves from the address that was asked")
    func answersFromAddressAsked() throws {
        let server = try NTPSocket(address: "0.0.0.0", port: 0)
        // Connected to 127.0.0.2, the client hears nothing that comes from 127.0.0.1.
        let client = try QuerySocket(host: "127.0.0.2", port: server.localPort(), family: .ipv4)
        var buffer = DatagramBuffer()
        try client.send([7].span)
        let hasArrived = try receive(server, &buffer)
        #expect(hasArrived)
        _ = try server.reply(from: buffer, length: 1)
        var answer = DatagramBuffer()
        let hasAnswer = try client.receive(into: &answer, timeout: .seconds(2))
        #expect(hasAnswer)
        let length = answer.length
        #expect(length == 1)
    }

    @Test("the peer's address is sixteen bytes, IPv4 mapped")
    func peerAddress() throws {
        var buffer = DatagramBuffer()
        let four = try NTPSocket(address: "127.0.0.1", port: 0)
        try QuerySocket(host: "127.0.0.1", port: four.localPort()).send([0].span)
        let hasFour = try receive(four, &buffer)
        #expect(hasFour)
        let (mapped, port) = (buffer.peerAddress, buffer.peerPort)
        #expect(mapped == (0, 0xffff_7f00_0001))
        #expect(port != 0)
        let six = try NTPSocket(address: "::1", port: 0)
        try QuerySocket(host: "::1", port: six.localPort()).send([0].span)
        let hasSix = try receive(six, &buffer)
        #expect(hasSix)
        let address = buffer.peerAddress
        #expect(address == (0, 1))
    }

    @Test("a datagram longer than the buffer is marked as cut")
    func truncation() throws {
        let server = try NTPSocket(address: "127.0.0.1", port: 0)
        let client = try QuerySocket(host: "127.0.0.1", port: server.localPort())
        try client.send([UInt8](repeating: 5, count: 3000).span)
        var buffer = DatagramBuffer()
        let hasArrived = try receive(server, &buffer)
        #expect(hasArrived)
        let (isTruncated, length) = (buffer.isTruncated, buffer.length)
        #expect(isTruncated && length == 2048)
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
    }
}
