import FuzzDriver
import TimeScale

/// The reader of leap-seconds.list on any bytes: it must not trap, and a table that it takes must keep its promises.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    // SAFETY: the arguments go on as libFuzzer gave them.
    unsafe withInput(data, size) { input in
        let text = (0..<input.count).map { input[$0] }
        let lineCount = text.count { $0 == 0x0a } + 1
        do throws(LeapSecondListError) {
            let table = try LeapSecondTable(list: text, sha1: nil)
            check(table)
            checkHash(text, table)
        } catch {
            switch error {
            case .malformed(let line), .outOfOrder(let line):
                precondition((1...lineCount).contains(line), "a line that is not there")
            case .empty: break
            case .noHash, .hashMismatch: preconditionFailure("the hash was not asked for")
            }
        }
    }
    return 0
}

/// The program's entry: SwiftPM calls `main` of an executable target `<target>_main`.
@_cdecl("FuzzLeapSeconds_main")
public func main(
    _ argumentCount: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
    // SAFETY: the arguments go on as the C start-up code gave them.
    unsafe runFuzzer(argumentCount, arguments)
}

/// The table is in order, and can be asked about each of its moments and the ends of time.
private func check(_ table: LeapSecondTable) {
    for (earlier, later) in zip(table.entries, table.entries.dropFirst()) {
        precondition(earlier.since < later.since, "out of order")
        precondition(abs(earlier.taiMinusUTC - later.taiMinusUTC) == 1, "more than one second")
        precondition(table.isLeapNear(later.since), "a leap second that is not near itself")
        precondition(table.taiMinusUTC(at: later.since) == later.taiMinusUTC, "another offset")
    }
    let moments = table.entries.map(\.since) + [Instant(nanoseconds: .min), .unixEpoch, Instant(nanoseconds: .max)]
    for moment in moments {
        _ = table.isLeapNear(moment)
        _ = table.isExpired(at: moment)
        precondition(table.leapIndicator(at: moment) != .unsynchronised, "no leap indicator of a table")
    }
}

/// With a hash asked for, the same table comes, or none because of the hash.
private func checkHash(_ text: [UInt8], _ table: LeapSecondTable) {
    do throws(LeapSecondListError) {
        let checked = try LeapSecondTable(list: text) { digits in
            precondition(digits.allSatisfy { !$0.isBlank }, "a blank is hashed")
            return [1, 2, 3, 4, 5]
        }
        precondition(checked == table, "the hash changes the table")
    } catch {
        precondition(error == .noHash || error == .hashMismatch, "the hash changes the error")
    }
}

extension UInt8 {
    /// Space, tab, or the ends of lines.
    fileprivate var isBlank: Bool { self == 0x20 || self == 0x09 || self == 0x0a || self == 0x0d }
}
