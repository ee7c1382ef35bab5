// HOT PATH
import Synchronization

/// Words that one thread publishes together and any number of others read, without a lock.
///
/// Two copies and a number that says which one is whole (a latched sequence lock): the writer fills the other one, so
/// a reader never waits for a writer that has been interrupted, and reads again only where a whole publication passed it.
struct PublishedWords<let count: Int>: ~Copyable, Sendable {
    /// Counts publications; the lowest bit is the copy to be read.
    private let sequence = Atomic<UInt64>(0)
    private let even: InlineArray<count, Atomic<UInt64>>
    private let odd: InlineArray<count, Atomic<UInt64>>

    /// A first publication.
    init(_ words: InlineArray<count, UInt64>) {
        even = InlineArray { Atomic(words[$0]) }
        odd = InlineArray { Atomic(words[$0]) }
    }

    /// Replaces the words; by one thread only.
    func publish(_ words: InlineArray<count, UInt64>) {
        let next = sequence.load(ordering: .relaxed) &+ 1
        // Nothing of what follows may be seen before the last publication was.
        atomicMemoryFence(ordering: .releasing)
        for index in words.indices {
            if next & 1 == 0 {
                even[index].store(words[index], ordering: .relaxed)
            } else {
                odd[index].store(words[index], ordering: .relaxed)
            }
        }
        sequence.store(next, ordering: .releasing)
    }

    /// The words published last.
    func read() -> InlineArray<count, UInt64> {
        while true {
            let before = sequence.load(ordering: .acquiring)
            let words = InlineArray<count, UInt64> {
                before & 1 == 0 ? even[$0].load(ordering: .relaxed) : odd[$0].load(ordering: .relaxed)
            }
            atomicMemoryFence(ordering: .acquiring)
            if sequence.load(ordering: .relaxed) == before { return words }
        }
    }
}
