import Authentication
import Testing
import TimeScale

@Suite("leap-seconds.list")
struct LeapSecondListTests {
    @Test("the published file is taken with its hash")
    func published() throws {
        let table = try Self.read(LeapSecondFixture.text)
        #expect(table.entries == LeapSecondTable.builtIn.entries)
        #expect(table.expires == utc(2026, 6, 28))
    }

    @Test("the published file with the line ends of DOS is the same")
    func carriageReturns() throws {
        let text = LeapSecondFixture.text.replacing("\n", with: "\r\n")
        #expect(try Self.read(text) == Self.read(LeapSecondFixture.text))
    }

    @Test("blanks and remarks do not count for the hash")
    func blanks() throws {
        let text = LeapSecondFixture.text.replacing("2272060800      10      # 1 Jan 1972", with: "\t2272060800 10")
        #expect(try Self.read(text) == Self.read(LeapSecondFixture.text))
    }

    @Test(
        "one digit changed anywhere is noticed",
        arguments: [
            ("#$\t3960835200", "#$\t3960835201"), ("#@\t3991593600", "#@\t3991593601"),
            ("3124137600      32", "3124137601      32"), ("49db2447", "49db2446"), ("39b8e49e", "39b8e49f"),
            ("#$\t3960835200\n", "#\n"), ("#@\t3991593600\n", "#\n"),
            ("3692217600      37      # 1 Jan 2017\n", ""),
        ])
    func damage(sound: String, damaged: String) {
        let text = LeapSecondFixture.text.replacing(sound, with: damaged)
        #expect(text != LeapSecondFixture.text)
        #expect(throws: LeapSecondListError.hashMismatch) { try Self.read(text) }
    }

    @Test("a damaged file is taken where the hash is not asked for")
    func unchecked() throws {
        let text = LeapSecondFixture.text.replacing("#h\t49db2447", with: "#h\t00000000")
        let table = try LeapSecondTable(list: Array(text.utf8), sha1: nil)
        #expect(table.entries == LeapSecondTable.builtIn.entries)
    }

    /// They are hexadecimal numbers, which some writers print without a width.
    @Test("words of the hash may lack their leading zeros")
    func shortHashWords() throws {
        let words: [UInt32] = [0x00ab_cdef, 1, 0, 0xffff_ffff, 0x0fff_ffff]
        let text = "2272060800 10\n#h abcdef 1 0 ffffffff fffffff\n"
        let table = try LeapSecondTable(list: Array(text.utf8)) { _ in words }
        #expect(table.entries.count == 1)
    }

    @Test("the hash covers the update, the expiry and the data, in this order wherever they stand")
    func hashedBytes() throws {
        var hashed: [UInt8] = []
        let text = "2272060800 10\n#@ 4000000000\n2287785600\t11 # remark\n#$ 3900000000\n#h 0 0 0 0 0"
        _ = try LeapSecondTable(list: Array(text.utf8)) { bytes in
            hashed = bytes
            return [0, 0, 0, 0, 0]
        }
        #expect(String(decoding: hashed, as: UTF8.self) == "39000000004000000000227206080010228778560011")
    }

    @Test(
        "a file without a whole hash has none",
        arguments: [
            "", "#h\n", "#h 1 2 3 4\n", "#h 1 2 3 4 5 6\n", "#h 1 2 3 4 g\n", "#h 1 2 3 4 123456789\n",
        ])
    func noHash(line: String) {
        #expect(throws: LeapSecondListError.noHash) { try Self.read("2272060800 10\n" + line) }
    }

    @Test(
        "each malformation is told with its line",
        arguments: [
            ("", LeapSecondListError.empty),
            ("\n\n# nothing\n", .empty),
            ("#@ 3991593600\n", .empty),
            ("# one\n2272060800\n", .malformed(line: 2)),
            ("x 10", .malformed(line: 1)),
            ("2272060800 x", .malformed(line: 1)),
            ("2272060800 10.5", .malformed(line: 1)),
            ("2272060800 -1", .malformed(line: 1)),
            ("2272060800 1001", .malformed(line: 1)),
            ("-2272060800 10", .malformed(line: 1)),
            ("2272060800.5 10", .malformed(line: 1)),
            ("99999999999999999999 10", .malformed(line: 1)),
            ("17179869184 10", .malformed(line: 1)),  // 2³⁴ s: beyond any Instant
            ("11432360837 10", .malformed(line: 1)),  // 9223372037 s after 1970, one more than an Instant holds
            ("2272060800 10\r\n\u{0}", .malformed(line: 2)),
            ("#@\n2272060800 10", .malformed(line: 1)),
            ("2272060800 10\n#@ soon", .malformed(line: 2)),
            ("2272060800 10\n2272060800 11", .outOfOrder(line: 2)),
            ("2272060800 10\n2272060799 11", .outOfOrder(line: 2)),
            ("2272060800 10\n2287785600 10", .outOfOrder(line: 2)),
            ("2272060800 10\n\n2287785600 12", .outOfOrder(line: 3)),
            ("2272060800 10\n2287785600 8", .outOfOrder(line: 2)),
        ])
    func malformed(text: String, error: LeapSecondListError) {
        #expect(throws: error) { try LeapSecondTable(list: Array(text.utf8), sha1: nil) }
    }

    @Test("a second taken out is a step down by one")
    func deletion() throws {
        let table = try LeapSecondTable(list: Array("2272060800 10\n2287785600 9".utf8), sha1: nil)
        #expect(table.entries.map(\.taiMinusUTC) == [10, 9])
    }

    @Test("a file without expiry never expires")
    func noExpiry() throws {
        let table = try LeapSecondTable(list: Array("2272060800 10".utf8), sha1: nil)
        #expect(table.expires == nil)
    }

    private static func read(_ text: String) throws(LeapSecondListError) -> LeapSecondTable {
        try LeapSecondTable(list: Array(text.utf8)) { SHA1.words(of: $0) }
    }
}
