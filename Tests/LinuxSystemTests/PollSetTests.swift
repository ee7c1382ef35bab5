import Glibc
import LinuxSystem
import Testing
import TimeScale

@Suite("Poll set")
struct PollSetTests {
    /// The two ends of a pipe.
    private struct Pipe: ~Copyable {
        let reader: FileDescriptor
        var writer: FileDescriptor?

        init() {
            var ends: [Int32] = [0, 0]
            // SAFETY: pipe writes two numbers.
            let answer = unsafe pipe(&ends)
            precondition(answer == 0)
            reader = FileDescriptor(owning: ends[0])
            writer = FileDescriptor(owning: ends[1])
        }

        func write(_ byte: UInt8) throws { try writer?.write([byte].span) }

        mutating func hangUp() { writer = nil }
    }

    @Test("room to write is told only where it was asked for")
    func writing() throws {
        var ends: [Int32] = [0, 0]
        // SAFETY: socketpair writes two numbers.
        #expect(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        let (here, there) = (ends[0], ends[1])
        defer {
            close(here)
            close(there)
        }
        var set = PollSet()
        let (unasked, asked) = (set.add(number: here), set.add(number: here, wantsWriting: true))
        #expect(try set.wait(timeout: .seconds(1)))
        #expect(set.isWritable(asked) == true)
        #expect(set.needsAttention(asked) == true)
        #expect(set.needsAttention(unasked) == false)
    }

    @Test("the descriptor that has bytes is told from the one that has none")
    func readiness() throws {
        let silent = Pipe()
        let speaking = Pipe()
        try speaking.write(1)
        var poll = PollSet()
        let (first, second) = (poll.add(silent.reader), poll.add(speaking.reader))
        #expect(try poll.wait(timeout: .seconds(2)))
        #expect(!poll.isReadable(first) && poll.isReadable(second))
    }

    @Test("a hang-up is seen, and a set used again forgets the last round")
    func hangUpAndReuse() throws {
        var pipe = Pipe()
        let silent = Pipe()
        pipe.hangUp()
        var poll = PollSet()
        poll.add(pipe.reader)
        #expect(try poll.wait(timeout: .seconds(2)))
        #expect(poll.hasHungUp(0) && !poll.hasFailed(0))
        poll.removeAll()
        poll.add(silent.reader)
        #expect(try poll.wait(timeout: .zero))
        #expect(!poll.hasHungUp(0) && !poll.isReadable(0))
    }

    @Test("a wait with nothing to wait for lasts at least its time")
    func timeout() throws {
        var poll = PollSet()
        let start = KernelClock.monotonic()
        #expect(try poll.wait(timeout: Interval(nanoseconds: 1_200_000)))
        #expect(KernelClock.monotonic() - start >= Interval(nanoseconds: 1_200_000))
    }
}
