import CLinux
import Glibc
import LinuxSystem
import Testing
import TimeScale

/// Each test uses a unit of its own, from 200 on, and removes the segment.
@Suite("Shared memory clock")
struct SharedMemoryClockTests {
    private let sample = SharedMemorySample(
        reference: Instant(nanoseconds: 1_795_000_000_123_456_789),
        received: Instant(nanoseconds: 1_795_000_000_000_000_001), leapIndicator: .insertSecond, precision: -20,
        sampleCount: 3)

    /// A segment as a foreign writer sees it.
    private func foreignSegment(_ unit: Int32) throws -> UnsafeMutableRawPointer {
        // SAFETY: a segment of 96 bytes is attached for the rest of the process.
        let identifier = shmget(0x4e54_5030 + unit, 96, 0o666)
        return unsafe try #require(shmat(identifier, nil, 0))
    }

    @Test("a sample is read as written, once", arguments: [SharedMemoryClock.Mode.flag, .count])
    func roundTrip(mode: SharedMemoryClock.Mode) throws {
        let unit = 200 + Int(mode.rawValue)
        var writer = try SharedMemoryClock(unit: unit)
        var reader = try SharedMemoryClock(unit: unit)
        #expect(try reader.read() == .notReady)
        try writer.write(sample, mode: mode)
        #expect(try reader.read() == .sample(sample))
        #expect(try reader.read() == .notReady)
        try writer.remove()
    }

    @Test("nanoseconds that disagree with the microseconds are left aside")
    func microsecondsOnly() throws {
        var clock = try SharedMemoryClock(unit: 202)
        let segment = unsafe try foreignSegment(202)
        try clock.write(sample, mode: .flag)
        // SAFETY: clockTimeStampNSec, offset 52 of 96.
        unsafe segment.storeBytes(of: 0, toByteOffset: 52, as: UInt32.self)
        let expected = SharedMemorySample(
            reference: Instant(nanoseconds: 1_795_000_000_123_456_000), received: sample.received,
            leapIndicator: .insertSecond, precision: -20, sampleCount: 3)
        #expect(try clock.read() == .sample(expected))
        try clock.remove()
    }

    /// Offset and value of an int in the segment, and what a reader must call it.
    private static let hostile: [(offset: Int, value: Int32, reason: SharedMemoryReading.Reason)] = [
        (0, 2, .mode), (0, -1, .mode),
        // High half of clockTimeStampSec and receiveTimeStampSec.
        (12, .max, .time), (28, -1, .time),
        (16, 1_000_000, .time), (32, -1, .time),
        (36, 4, .leap), (36, -1, .leap),
    ]

    @Test("hostile contents are named, and do not come back", arguments: 0..<8)
    func hostileContents(index: Int) throws {
        let unit = 210 + index
        let (offset, value, reason) = Self.hostile[index]
        var clock = try SharedMemoryClock(unit: unit)
        let segment = unsafe try foreignSegment(Int32(unit))
        try clock.write(sample, mode: .count)
        // SAFETY: the offset lies within the 96 bytes.
        unsafe segment.storeBytes(of: value, toByteOffset: offset, as: Int32.self)
        #expect(try clock.read() == .bad(reason))
        try clock.remove()
    }

    @Test("a segment that was removed and made anew is followed")
    func removedSegment() throws {
        var reader = try SharedMemoryClock(unit: 220)
        try reader.remove()
        var writer = try SharedMemoryClock(unit: 220)
        try writer.write(sample, mode: .count)
        #expect(try reader.read() == .sample(sample))
        try writer.remove()
        #expect(try reader.read() == .notReady)
        try reader.remove()
    }

    @Test("a private unit is for its owner, another for all", arguments: [(221, false, 0o666), (222, true, 0o600)])
    func permissions(unit: Int, isPrivate: Bool, mode: UInt16) throws {
        let clock = try SharedMemoryClock(unit: unit, isPrivate: isPrivate)
        var status = shmid_ds()
        // SAFETY: the kernel fills one shmid_ds.
        #expect(unsafe shmctl(shmget(0x4e54_5030 + Int32(unit), 0, 0), IPC_STAT, &status) == 0)
        #expect(status.shm_perm.mode & 0o777 == mode)
        try clock.remove()
    }
}
