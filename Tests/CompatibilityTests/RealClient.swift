import Foundation
import FoundationEssentials
/// A program that none of us wrote and that asks a server for the time.
///
/// It has no right to set a clock, and each is told not to besides where it can be told.
struct RealClient: Sendable {
    /// What a client is to ask.
    struct Question: Sendable {
        /// Numeric address of the daemon.
        var host = "127.0.0.1"
        /// Its UDP port.
        var port: UInt16 = 123
        /// An identifier of the client's keys file, and that file.
        var key: (identifier: Int, file: String)?
        /// Where the client may write.
        let folder = Folder()
    }

    /// What a client found; both `nil` where it accepted no time.
    struct Answer: Sendable, CustomStringConvertible {
        /// `nil` also where the client does not show it.
        var stratum: Int?
        /// Server − this machine's clock, seconds.
        var offset: Double?
        /// All it said.
        var text = ""

        var description: String { text }
    }

    /// Where a client runs.
    enum Place: Sendable {
        /// In the daemon's network, on the loopback interface.
        case loopback
        /// In the daemon's network, with the files and the user of its package.
        case loopbackWithFiles(user: String)
        /// In a network of its own on a cable to the daemon, because it takes port 123 for itself.
        case cable
    }

    /// What we call it.
    let name: String
    /// Where it is; `nil` where it is not installed.
    let path: String?
    var place = Place.loopback
    /// Whether it asks port 123 and no other.
    var needsPrivilegedPort = true
    /// Whether it asks again and again until it is ended.
    var stays = false
    /// Whether it can ask with a key.
    var takesKeys = false
    /// Whether it tells the stratum.
    var showsStratum = true
    /// Whether it looks whether the server is synchronised; toybox does not.
    var refusesUnsynchronised = true
    /// Longest it takes from its start to a first belief, seconds.
    var patience = 8.0
    /// The program and its arguments; may write files first.
    let words: @Sendable (String, Question) throws -> [String]
    /// What it has found, from its output so far and its files.
    let answer: @Sendable (String, Question) -> Answer

    /// Whether it can be used here; says so in the test log where it cannot.
    var isUsable: Bool {
        guard path != nil else {
            Programs.skip(name, "it is neither installed nor unpacked by `.ci/packages peers`")
            return false
        }
        guard Programs.isRoot || !needsPrivilegedPort else {
            Programs.skip(name, "it asks on port 123 only, and a network of its own needs root")
            return false
        }
        return true
    }

    /// Asks a daemon until the client has ended or, if it stays, its answer is good enough or the patience used up.
    ///
    /// - Parameters:
    ///   - daemon: the daemon.
    ///   - isIPv6: whether to ask by IPv6.
    ///   - key: an identifier of the client's keys file, and that file.
    ///   - isEnough: whether to wait for nothing more; any belief is, unless told otherwise.
    /// - Returns: the last answer.
    /// - Throws: `SystemError`.
    func ask(
        _ daemon: RunningDaemon, isIPv6: Bool = false, key: (identifier: Int, file: String)? = nil,
        until isEnough: (Answer) -> Bool = { $0.offset != nil }
    ) async throws -> Answer {
        guard let path else { return Answer(text: "\(name) is not here") }
        var question = Question(host: isIPv6 ? "::1" : "127.0.0.1", port: daemon.port, key: key)
        let cable = Cable()
        if case .cable = place { question.host = cable.daemon(isIPv6: isIPv6) }
        let libraries = ["/usr/bin/env", "LD_LIBRARY_PATH=\(Programs.libraries(of: path))"]
        var command = try Programs.withoutClock(libraries + words(path, question))
        switch place {
        case .loopback: command = daemon.inItsNetwork(command)
        case .loopbackWithFiles(let user):
            let files = ["/usr/bin/unshare", "-m"] + Programs.script("own-files") + [question.folder.path, user]
            command = daemon.inItsNetwork(files + command)
        case .cable: command = cable.far(from: daemon, command)
        }
        let result = try await run(command, seconds: patience) { stays && isEnough(answer($0, question)) }
        var found = answer(result.output, question)
        found.text = "\(name) \(question.host): \(result)"
        return found
    }

    /// The first word after the last place where a text says something.
    static func word(after mark: String, in text: String) -> String? {
        text.range(of: mark, options: .backwards).map {
            String(text[$0.upperBound...].drop { $0 == " " }.prefix { !$0.isWhitespace && $0 != "," })
        }
    }
}
