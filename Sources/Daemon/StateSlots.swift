import LinuxSystem
import Timekeeping

/// The kept state in two files that are written in turn, `PATH.0` and `PATH.1`, so that one is always whole.
///
/// A slot is written over in place: its blocks are its own since the first writing, so that a full disk does not stop it,
/// as it would stop a second file and a rename; and a write touches no directory, which spares flash. What a kill or a
/// loss of power leaves is a mixture that its checksum gives away, in the older slot. A file system that never writes in
/// place (btrfs, f2fs) may still refuse on a full disk, and loses as little.
struct StateSlots {
    /// A slot is filled up to whole blocks, so that a state that grows finds room: those of nearly every file system.
    private static let block = 4096
    /// Longest file read.
    private static let longestFile = 1 << 20

    /// The two files.
    let paths: [String]
    private var next = 0
    private var sequence: UInt32 = 0

    init(path: String) { paths = ["\(path).0", "\(path).1"] }

    /// The newer of the states that are whole; nothing where none is.
    mutating func read(_ log: Log) -> KeptState {
        var faults: [String] = []
        let states = paths.map { Self.state(at: $0, &faults) }
        let newest = states[1].map { later in states[0].map { later.isNewer(than: $0) } ?? true } ?? false ? 1 : 0
        guard let state = states[newest] else {
            if faults.isEmpty { log.info("no \(paths[0]) yet, starting without a kept state") }
            for fault in faults { log.warning("\(fault), starting without a kept state") }
            return KeptState()
        }
        for fault in faults { log.notice("\(fault); \(paths[newest]) is used") }
        (next, sequence) = (1 - newest, state.sequence)
        return state
    }

    /// What a slot holds; `nil` where it is not there, or has a fault.
    private static func state(at path: String, _ faults: inout [String]) -> KeptState? {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.read(path, limit: longestFile)
        } catch {
            if !error.isAbsent { faults.append("\(error)") }
            return nil
        }
        do throws(KeptStateError) {
            return try KeptState(text: bytes)
        } catch {
            faults.append("\(path): \(error)")
            return nil
        }
    }

    /// Writes a state over the older one; the first time to both slots.
    ///
    /// - Throws: `SystemError`; the newer state stands, and the next attempt is at the older again.
    mutating func write(_ state: KeptState) throws(SystemError) {
        repeat {
            var numbered = state
            numbered.sequence = sequence &+ 1
            let text = Array(numbered.text.utf8)
            let padding = Self.block - text.count % Self.block
            try Files.overwrite(paths[next], text + Array(repeating: UInt8(ascii: "\n"), count: padding))
            (sequence, next) = (numbered.sequence, 1 - next)
        } while !Files.exists(paths[next])
    }
}
