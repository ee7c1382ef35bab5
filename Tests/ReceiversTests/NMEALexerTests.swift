@testable import Receivers
import Testing

@Suite("NMEA lexer")
struct NMEALexerTests {
    /// What a lexer makes of a text: the sentences and the reasons of rejection, in order.
    private func lex(_ bytes: [UInt8]) -> [String] {
        var lexer = NMEALexer()
        return bytes.compactMap { byte in
            switch lexer.push(byte) {
            case nil: nil
            case .rejected(let reason): reason.description
            case .sentence:
                lexer.withSentence { text in
                    String(decoding: text.indices.map { text[$0] }, as: UTF8.self)
                }
            }
        }
    }

    // Checksums by hand: "A" = 41, "B" = 42, "A" ^ "B" = 03; "o" = 6F.
    @Test(
        "line ends, resynchronisation and damage",
        arguments: [
            ("$A*41\r\n$B*42\r\n", ["A", "B"]),
            ("$A*41\n$B*42\n", ["A", "B"]),
            ("$A*41\r$B*42\r", ["A", "B"]),
            ("$A*41\r\r\n$B*42\r\r\n", ["A", "B"]),
            ("$A*41$B*42\n", ["A", "B"]),
            ("$A*41!AIVDM,1*00\r\n$B*42\n", ["A", "B"]),
            ("$$A*41\r\n", ["A"]),
            ("$A$B*42\r\n", ["interrupted sentence", "B"]),
            ("$A*4$B*42\r\n", ["interrupted sentence", "B"]),
            ("$A*42$B*42\r\n", ["bad checksum", "B"]),
            ("$o*6f\n$o*6F\n", ["o", "o"]),
            ("$AB*03\n", ["AB"]),
            ("$A*4\r\n", ["bad checksum"]),
            ("$A*\r\n", ["bad checksum"]),
            ("$A*411\r\n", ["bad checksum"]),
            ("$A*41 \r\n", ["bad checksum"]),
            ("$A*4G\r\n", ["bad checksum"]),
            ("$A**41\r\n", ["bad checksum"]),
            ("$A\r\n", ["no checksum"]),
            ("$\r\n", ["no checksum"]),
            ("$*00\r\n", [""]),
            ("noise $A*41\r\n", ["A"]),
            ("\\s:GPS1,c:1577836800*17\\$A*41\r\n", ["A"]),
            ("!AIVDM,1,1,,A*41\r\n", []),
            ("A*41\r\n\r\n\n", []),
            ("$A\t*41\n$B*42\n", ["illegal byte", "B"]),
            ("$A\0*41\n$B*42\n", ["illegal byte", "B"]),
            ("$A\u{7f}*41\n$B*42\n", ["illegal byte", "B"]),
            ("$A*41", []),
            ("", []),
        ] as [(String, [String])])
    func lexing(text: String, expected: [String]) {
        #expect(lex(Array(text.utf8)) == expected)
    }

    @Test("a byte above 0x7e drops the sentence, not the next one")
    func highByte() {
        #expect(
            lex([0x24, 0x41, 0xb5, 0x62, 0x2a, 0x34, 0x31, 0x0a] + Array("$B*42\n".utf8)) == ["illegal byte", "B"])
    }

    @Test("a sentence of 128 bytes with its line end passes, one of 129 does not", arguments: [128, 129])
    func length(length: Int) {
        // `$`, an even number of equal bytes or one more, `*hh`, CR LF: 6 bytes around the text.
        let text = String(repeating: "A", count: length - 6)
        let sum = text.utf8.count % 2 == 0 ? "00" : "41"
        let expected = length == 128 ? text : "sentence too long"
        #expect(lex(Array("$\(text)*\(sum)\r\n$B*42\r\n".utf8)) == [expected, "B"])
    }

    @Test("an endless line is dropped once")
    func endless() {
        let bytes = Array("$".utf8) + [UInt8](repeating: 0x41, count: 100_000) + Array("\n$B*42\n".utf8)
        #expect(lex(bytes) == ["sentence too long", "B"])
    }

    @Test("bytes outside sentences are counted")
    func skipped() {
        var lexer = NMEALexer()
        for byte in Array("12345\r\n$A*41\r\n67".utf8) { _ = lexer.push(byte) }
        #expect(lexer.skippedBytes == 7)
    }

    @Test("a reset forgets the sentence that has begun")
    func reset() {
        var lexer = NMEALexer()
        for byte in Array("$A*4".utf8) { _ = lexer.push(byte) }
        lexer.reset()
        #expect(Array("1\r\n".utf8).compactMap { lexer.push($0) } == [])
    }
}
