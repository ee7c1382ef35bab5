import GPSDWire
import SimulatedWorld
import Testing

@Suite("Lines of gpsd's")
struct GPSDLinesTests {
    /// The lines of a stream that comes in pieces.
    private func lines(_ stream: [UInt8], piece: Int = .max) -> [String] {
        var cutter = GPSDLines()
        var found: [String] = []
        var start = 0
        while start < stream.count {
            let end = piece < stream.count - start ? start + piece : stream.count
            let chunk = Array(stream[start..<end])
            var offset = 0
            while cutter.take(chunk.span, from: &offset) {
                found.append(String(decoding: cutter.text[..<cutter.count], as: UTF8.self))
            }
            #expect(offset == chunk.count)
            start = end
        }
        return found
    }

    @Test("lines end with LF or CR LF; empty ones and an unfinished one are none")
    func ends() {
        #expect(lines(Array("\r\n\none\ntwo\r\nth\rree\n\nfo".utf8)) == ["one", "two", "th\rree"])
    }

    @Test("the longest line is taken, a longer one dropped to its end")
    func length() {
        let longest = [UInt8](repeating: 0x61, count: GPSDLines.longestLine)
        let result = lines(longest + [0x0a] + longest + [0x61, 0x0a] + longest + longest + Array("\nnext\n".utf8))
        #expect(result.map(\.utf8.count) == [10_240, 4])
    }

    @Test("the pieces that a stream comes in do not matter", arguments: [1, 2, 3, 7, 1000])
    func pieces(piece: Int) {
        var random = RandomSource(seed: 7)
        // Line ends every few bytes, and now and then none for longer than a line may be.
        var stream: [UInt8] = []
        for _ in 0..<60 {
            let length = Int.random(in: 0..<40, using: &random) == 0 ? 12_000 : Int.random(in: 0..<30, using: &random)
            stream += (0..<length).map { _ in UInt8.random(in: 11...255, using: &random) } + [0x0a]
        }
        #expect(lines(stream, piece: piece) == lines(stream))
    }
}
