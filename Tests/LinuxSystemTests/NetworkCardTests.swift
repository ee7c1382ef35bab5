import LinuxSystem
import Testing
import TimeScale

@Suite("Network card")
struct NetworkCardTests {
    @Test("an interface without a card that stamps, and one that is not there, are said so")
    func refusals() {
        let loopback = failure { () throws(SystemError) in
            try NetworkCard(interface: "lo", filters: [.all], usesCrossTimestamps: true)
        }
        #expect(loopback?.description == "hardware stamps lo: operation not supported")
        let missing = failure { () throws(SystemError) in
            try NetworkCard(interface: "none0", filters: [.all], usesCrossTimestamps: true)
        }
        #expect(missing?.description == "hardware stamps none0: no such device")
        let long = failure { () throws(SystemError) in
            try NetworkCard(interface: "a-name-of-no-interface", filters: [], usesCrossTimestamps: true)
        }
        #expect(long?.description == "hardware stamps a-name-of-no-interface: no such device")
    }

    @Test("what is no PTP hardware clock is said so")
    func noClock() throws {
        let missing = failure { () throws(SystemError) in try PTPHardwareClock(path: "/dev/ptp-none") }
        #expect(missing?.description == "open /dev/ptp-none: no such file or directory")
        let error = failure { () throws(SystemError) in
            var clock = try PTPHardwareClock(path: "/dev/null")
            _ = try clock.read(precision: 1e-7)
            return clock
        }
        #expect(error?.description == "read /dev/null: inappropriate ioctl for device")
    }

    @Test("the loopback interface is among the names")
    func names() throws { #expect(try NetworkInterfaces.names().contains("lo")) }

    @Test(
        "a socket that asks for stamps by cards gets the kernel's where there is none", arguments: ["127.0.0.1", "::1"])
    func kernelStamps(address: String) throws {
        let server = try NTPSocket(address: address, port: 0, usesHardwareStamps: true)
        let client = try QuerySocket(host: address, port: server.localPort())
        var batch = DatagramBatch(capacity: 4)
        var poll = PollSet()
        poll.add(server.descriptor)
        var (stamp, hasHardwareStamp): (Instant?, Bool) = (nil, true)
        // The kernel turns its stamps on from a work queue, some time after a socket has asked for them (net_enable_timestamp).
        for _ in 0..<200 where stamp == nil {
            try client.send([1, 2, 3, 4].span)
            let hasArrived = try poll.wait(timeout: .seconds(2)) && batch.receive(from: server)
            #expect(hasArrived)
            batch.answerEach { _, arrival in
                (stamp, hasHardwareStamp) = (arrival.stamp, arrival.hardwareStamp != nil)
                return arrival.stamp == nil ? .none : .init(length: 4, wantsDeparture: true)
            }
            if stamp == nil { Pause.sleep(.milliseconds(10)) }
        }
        #expect(stamp != nil)
        #expect(!hasHardwareStamp)
        batch.send(0..<1, to: server)
        let isSent = batch.hasAnswer(0)
        #expect(isSent)
        poll.removeAll()
        poll.add(server.descriptor)
        let hasLeft = try poll.wait(timeout: .seconds(2))
        #expect(hasLeft)
        var frame = [UInt8](repeating: 0, count: 256)
        var room = frame.mutableSpan
        let taken = server.takeDeparture(into: &room)
        let departure = try #require(taken)
        #expect(departure.stamp != nil)
        #expect(departure.hardwareStamp == nil)
        #expect(Array(frame[..<departure.length].suffix(4)) == [1, 2, 3, 4])
        var answer = DatagramBuffer()
        let hasAnswer = try client.receive(into: &answer, timeout: .seconds(2))
        #expect(hasAnswer)
    }
}
