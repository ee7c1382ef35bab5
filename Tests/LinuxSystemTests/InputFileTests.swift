import Testing

@testable import LinuxSystem

@Suite("Files and terminals that are read")
struct InputFileTests {
    @Test("a file is read to its end in pieces")
    func pieces() throws {
        let directory = TemporaryDirectory()
        let path = directory.file("capture")
        let contents = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
        try Files.writeAtomically(path, contents)
        let file = try InputFile(path: path)
        var read: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 300)
        while true {
            var span = buffer.mutableSpan
            let count = try file.read(into: &span)
            guard count > 0 else { break }
            read += buffer[..<count]
        }
        #expect(read == contents)
    }

    @Test("what is not there and what is a folder are told", arguments: [("/nonexistent", "open"), ("/tmp", "read")])
    func errors(path: String, operation: String) throws {
        let error = #expect(throws: SystemError.self) {
            let file = try InputFile(path: path)
            var buffer = [UInt8](repeating: 0, count: 1)
            var span = buffer.mutableSpan
            _ = try file.read(into: &span)
        }
        #expect(try #require(error).description.hasPrefix("\(operation) \(path): "))
    }

    @Test("a terminal is told from files and other devices")
    func terminals() throws {
        let terminal = try PseudoTerminal()
        #expect(SerialPort.isTerminal(terminal.path))
        for path in ["/dev/null", "/tmp", "/etc/passwd", "/nonexistent"] { #expect(!SerialPort.isTerminal(path)) }
    }
}
