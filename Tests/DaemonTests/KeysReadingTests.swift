import Authentication
import ConfigurationLanguage
import LinuxSystem
import Reports
import Testing

@testable import Daemon

@Suite("Keys file of the daemon")
struct KeysReadingTests {
    @Test("the trusted keys are read, and what was wrong is logged with file and line but without keys")
    func trusted() throws {
        let book = try LogBook()
        try book.write("1 MD5 abcdefghij\n2 FOO klmnopqrst\n3 SHA1 uvwxyzabcd\n4 MD5 secret 10.0.0.1\n", to: "keys")
        let keys = Self.read(book, trusted: [2...3, 9...9])
        #expect(keys == 1)
        let file = book.file("keys")
        let warnings = try book.lines(.warning)
        #expect(warnings.count == 2)
        #expect(warnings.first?.hasPrefix("\(file):2:3: ") == true)
        #expect(try book.lines(.info).last == "\(file): 3 keys, 1 of them trusted")
        #expect(try !book.read("log").contains("klmnop"))
        #expect(try !book.read("log").contains("secret"))
    }

    @Test("keys of which none is trusted are told, with the word that is missing")
    func untrusted() throws {
        let book = try LogBook()
        try book.write("1 MD5 abcdefghij\n", to: "keys")
        #expect(Self.read(book, trusted: []) == 0)
        #expect(try book.lines(.info).last?.contains("'trustedkey'") == true)
    }

    @Test("a file that is missing or too long changes nothing", arguments: [nil, 1 << 20 + 1])
    func unreadable(size: Int?) throws {
        let book = try LogBook()
        if let size { try book.write(String(repeating: "#", count: size), to: "keys") }
        #expect(Self.read(book, trusted: [1...1]) == nil)
        #expect(try book.lines(.warning).first?.contains("keeping the keys known so far") == true)
    }

    @Test("without a keys file there are no keys, and nothing is said")
    func unconfigured() throws {
        let book = try LogBook()
        #expect(Self.count(StateFiles(Configuration()).readKeys(book.log)) == 0)
        #expect(try book.read("log").isEmpty)
    }

    /// The number of keys that are used; `nil` where those known before stay.
    private static func read(_ book: borrowing LogBook, trusted: [ClosedRange<UInt32>]) -> Int? {
        var configuration = Configuration()
        (configuration.keysFile, configuration.trustedKeys) = (book.file("keys"), trusted)
        return count(StateFiles(configuration).readKeys(book.log))
    }

    private static func count(_ keys: consuming SymmetricKeys?) -> Int? {
        guard let keys else { return nil }
        return keys.count
    }
}
