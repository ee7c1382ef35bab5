import CLinux
import Glibc
import Testing

@testable import LinuxSystem

@Suite("Stamps of a PTP hardware clock's input")
struct PTPPulseInputTests {
    /// A pipe in the place of the device, whose reading end does not wait either.
    private struct Pipe: ~Copyable {
        let reader: FileDescriptor
        let writer: FileDescriptor

        init() throws {
            var ends: [Int32] = [0, 0]
            // SAFETY: the call writes two descriptors.
            let answer = unsafe ends.withUnsafeMutableBufferPointer { unsafe pipe($0.baseAddress) }
            try #require(answer == 0)
            reader = FileDescriptor(owning: ends[0])
            writer = FileDescriptor(owning: ends[1])
        }

        func stamps(channel: UInt32 = 0) throws -> [Int64?] {
            try PTPPulseInput.takeStamps(reader.rawValue, channel: channel, "/dev/ptp0")
        }
    }

    /// struct ptp_extts_event (linux/ptp_clock.h): sec 0, nsec 8, reserved 12, index 16, flags 20, reserved 24 … 31.
    private func event(seconds: Int64, nanoseconds: UInt32, channel: UInt32 = 0) -> [UInt8] {
        func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
            (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value.littleEndian >> (8 * $0)) }
        }
        return bytes(seconds) + bytes(nanoseconds) + bytes(UInt32(0)) + bytes(channel)
            + [UInt8](repeating: 0, count: 12)
    }

    @Test("stamps come as nanoseconds, several at once, those of other channels not")
    func stamps() throws {
        let pipe = try Pipe()
        #expect(try pipe.stamps().isEmpty)
        let bytes =
            event(seconds: 1_795_132_837, nanoseconds: 123_456_789)
            + event(seconds: 1, nanoseconds: 2, channel: 1) + event(seconds: 0, nanoseconds: 999_999_999)
        try pipe.writer.write(bytes.span)
        #expect(try pipe.stamps() == [1_795_132_837_123_456_789, 999_999_999])
        try pipe.writer.write(bytes.span)
        #expect(try pipe.stamps(channel: 1) == [1_000_000_002])
        #expect(try pipe.stamps().isEmpty)
    }

    @Test("what is no time is told as such, and a rest shorter than an event is no event")
    func malformed() throws {
        let pipe = try Pipe()
        let times: [(Int64, UInt32)] = [
            (-1, 0), (.min, 0), (.max, 0), (1 << 33, 0), (5, 1_000_000_000), (5, .max), (1 << 33 - 1, 999_999_999),
        ]
        let bytes = times.flatMap { event(seconds: $0.0, nanoseconds: $0.1) }
        let broken = bytes + bytes.prefix(31)
        try pipe.writer.write(broken.span)
        #expect(try pipe.stamps() == [nil, nil, nil, nil, nil, nil, 8_589_934_591_999_999_999])
        for length in 1...31 {
            let rest = Array(bytes.prefix(length))
            try pipe.writer.write(rest.span)
            #expect(try pipe.stamps().isEmpty)
        }
    }

    @Test("no more than thirty are taken at once, the rest later")
    func many() throws {
        let pipe = try Pipe()
        let bytes = (0..<70).flatMap { event(seconds: 100 + $0, nanoseconds: 0) }
        try pipe.writer.write(bytes.span)
        let counts = try [pipe.stamps().count, pipe.stamps().count, pipe.stamps().count, pipe.stamps().count]
        #expect(counts == [30, 30, 10, 0])
    }

    @Test("a device that is readable and has nothing is gone")
    func gone() throws {
        let null = try FileDescriptor(opening: "/dev/null", flags: O_RDONLY)
        let error = #expect(throws: SystemError.self) {
            try PTPPulseInput.takeStamps(null.rawValue, channel: 0, "/dev/ptp0")
        }
        #expect(error?.code == ENODEV)
        #expect(error?.description == "read /dev/ptp0: no such device")
    }

    @Test("what is no PTP clock is refused in plain words")
    func noClock() {
        let cases = [
            ("/dev/null", "open /dev/null: not a PTP hardware clock"),
            ("/dev/ptp-none", "open /dev/ptp-none: no such file or directory"),
        ]
        for (path, words) in cases {
            do throws(SystemError) {
                _ = try PTPPulseInput(path: path, pin: nil, channel: 0, edge: .assert, usesCrossTimestamps: true)
                Issue.record("opened")
            } catch {
                #expect(error.description == words)
            }
        }
    }
}
