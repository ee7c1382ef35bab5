import Glibc
import LinuxSystem
import Reports
import Testing
import TimeScale
import Timekeeping

@testable import Daemon

@Suite("The two slots of the state")
struct StateSlotsTests {
    /// A state that tells from others by its frequency, and is longer the higher the number.
    static func state(_ number: Int) -> KeptState {
        var state = KeptState()
        state.frequency = Double(number) * 1e-9
        state.sources = (0..<number).map { KeptState.Source(name: "PPS(\($0))") }
        return state
    }

    /// What a reader that starts anew finds.
    static func reading(_ book: borrowing LogBook) -> Double? {
        var slots = StateSlots(path: book.file("state"))
        return slots.read(book.log).frequency
    }

    @Test("the first writing makes both slots, and each one after that changes the older only")
    func turns() throws {
        let book = try LogBook()
        var slots = StateSlots(path: book.file("state"))
        #expect(slots.read(book.log) == KeptState())
        try slots.write(Self.state(1))
        var contents = try slots.paths.map { try Files.read($0, limit: 1 << 20) }
        #expect(contents.map(\.count) == [4096, 4096])
        for number in 2..<8 {
            // Half of them by a daemon that has just begun.
            if number % 2 == 0 {
                slots = StateSlots(path: book.file("state"))
                _ = slots.read(book.log)
            }
            try slots.write(Self.state(number))
            let now = try slots.paths.map { try Files.read($0, limit: 1 << 20) }
            #expect(now[number % 2] != contents[number % 2])
            #expect(now[1 - number % 2] == contents[1 - number % 2])
            #expect(Self.reading(book) == Double(number) * 1e-9)
            contents = now
        }
        #expect(try book.lines(.warning).isEmpty && book.lines(.notice).isEmpty)
    }

    @Test("a writing that ends at any byte leaves the state before it, or is whole", arguments: [(3, 5), (5, 3)])
    func torn(older: Int, newer: Int) throws {
        let book = try LogBook()
        var slots = StateSlots(path: book.file("state"))
        // Slot 0 has the second and the fourth state, slot 1 the first (older) and the third.
        for number in [older, 4] { try slots.write(Self.state(number)) }
        let before = try Files.read(slots.paths[1], limit: 1 << 20)
        try slots.write(Self.state(newer))
        let after = try Files.read(slots.paths[1], limit: 1 << 20)
        let length = max(before.count { $0 != 0x0a }, after.count { $0 != 0x0a }) + 40
        for count in 0...length {
            for tail in [before[count...], []] {
                let bytes = after[..<count] + tail
                let file = try FileDescriptor(opening: slots.paths[1], flags: O_WRONLY | O_TRUNC)
                try file.write(Array(bytes).span)
                let read = Self.reading(book)
                #expect(read == 4e-9 || read == Double(newer) * 1e-9, "\(count) bytes")
            }
        }
    }

    @Test(
        "a slot that cannot be read is told and does without, whatever it holds",
        arguments: [
            "", "\u{0}\u{0}", "timeball-state 2\ncrc32 00000000\n", "timeball-state 1\nfrequency 1e-5\n", "garbage",
        ])
    func oneBad(text: String) throws {
        let book = try LogBook()
        for bad in 0..<2 {
            var slots = StateSlots(path: book.file("state"))
            try slots.write(Self.state(1))
            try book.write(text, to: "state.\(bad)")
            #expect(Self.reading(book) == 1e-9)
            // The next writing mends it.
            _ = slots.read(book.log)
            try slots.write(Self.state(2))
            #expect(try KeptState(text: Files.read(slots.paths[bad], limit: 1 << 20)).frequency == 2e-9)
        }
        #expect(try book.lines(.notice).count == 4)
        #expect(try book.lines(.warning).isEmpty)
    }

    @Test("two bad slots are told each and begin anew; two that are not there are no fault")
    func bothBad() throws {
        let book = try LogBook()
        #expect(Self.reading(book) == nil)
        #expect(try book.lines(.warning).isEmpty)
        for slot in 0..<2 { try book.write("garbage", to: "state.\(slot)") }
        #expect(Self.reading(book) == nil)
        #expect(try book.lines(.warning).count == 2)
        var slots = StateSlots(path: book.file("state"))
        _ = slots.read(book.log)
        try slots.write(Self.state(1))
        #expect(Self.reading(book) == 1e-9)
    }

    @Test("sequences wrap")
    func wrap() throws {
        let book = try LogBook()
        var last = Self.state(1)
        last.sequence = .max
        try book.write(last.text, to: "state.0")
        var slots = StateSlots(path: book.file("state"))
        _ = slots.read(book.log)
        try slots.write(Self.state(2))
        #expect(try KeptState(text: Files.read(slots.paths[1], limit: 1 << 20)).sequence == 0)
        #expect(Self.reading(book) == 2e-9)
    }
}
