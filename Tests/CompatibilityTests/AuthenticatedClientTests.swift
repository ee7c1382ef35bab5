import Foundation
import LinuxSystem
import Reports
import Testing
import TimeScale

/// Clients with symmetric keys, asking a daemon that has read the same keys file, or another.
@Suite("Real clients with keys")
struct AuthenticatedClientTests {
    /// As `chronyc keygen` and `ntpkeygen` write them: both daemons read this file.
    private static let keys = """
        1 MD5 ASCII:secretmd5key
        2 SHA1 HEX:0123456789abcdef0123456789abcdef01234567
        3 SHA256 HEX:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
        4 SHA512 ASCII:a-rather-long-key-of-many-characters
        5 AES128 HEX:000102030405060708090a0b0c0d0e0f
        6 AES256 HEX:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
        7 SHA384 HEX:00112233445566778899aabbccddeeff
        8 MD5 not-trusted-there
        70000 MD5 ASCII:of-chrony-only

        """

    /// Some of the same keys as NTPsec and busybox write them.
    private static let plainKeys = """
        1 MD5 secretmd5key
        2 SHA1 0123456789abcdef0123456789abcdef01234567

        """
    private static let plainKeysOfNTPsec =
        plainKeys + """
            3 SHA256 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
            5 AES-128 000102030405060708090a0b0c0d0e0f

            """
    private static let wrongKeys = "1 MD5 another-key\n2 SHA1 0123456789abcdef0123456789abcdef01234568\n"
    private static let wrongKeysOfNTPsec = wrongKeys + "5 AES-128 000102030405060708090a0b0c0d0e00\n"

    /// What a client asks with, and whether it believes the answer.
    private static let clients: [(client: RealClient, keys: String, identifiers: [Int], isSynchronised: Bool)] = [
        (.ntpd, plainKeysOfNTPsec, [1, 2, 3, 5], true),
        (.ntpd, wrongKeysOfNTPsec, [1, 2, 5], false),
        (.ntpdate, plainKeysOfNTPsec, [1, 2, 5], true),
        (.ntpdate, wrongKeysOfNTPsec, [1, 2, 5], false),
        (.busybox, plainKeys, [1, 2], true),
        (.busybox, wrongKeys, [1, 2], false),
    ]

    /// What chronyd asks with, and whether it believes the answer.
    private static let questions: [(what: String, options: String, keys: String, isSynchronised: Bool)] = [
        ("MD5", "key 1", keys, true),
        ("SHA-1", "key 2", keys, true),
        ("SHA-256, cut to 20 bytes", "key 3", keys, true),
        ("SHA-256 in version 3, whole", "key 3 version 3", keys, true),
        ("SHA-512 in version 3, whole", "key 4 version 3", keys, true),
        ("SHA-384", "key 7", keys, true),
        ("AES-128 CMAC", "key 5", keys, true),
        ("AES-256 CMAC", "key 6", keys, true),
        ("an identifier above 65535", "key 70000", keys, true),
        ("another secret", "key 1", "1 MD5 ASCII:another-key\n", false),
        ("another type", "key 5", "5 MD5 HEX:000102030405060708090a0b0c0d0e0f\n", false),
        ("a key that is not trusted", "key 8", keys, false),
        ("a key that is not known", "key 9", "9 MD5 ASCII:unknown-there\n", false),
    ]

    @Test(
        "chronyd synchronises with the right key, and with no other", arguments: RealClientTests.workerCounts)
    func chronyd(workers: Int) async throws {
        guard let program = Programs.installed("chronyd") else {
            return Programs.skip("chronyd with keys", "it is not installed")
        }
        let folder = Folder()
        let file = try folder.write("keys", Self.keys)
        let setup = RunningDaemon.Setup().with {
            $0.service += "\nkeys \(file)\ntrustedkey (1 ... 7) 70000"
            $0.service += RealClientTests.configuration(workers: workers)
        }
        try await withDaemon(setup) { daemon in
            #expect(try await daemon.logs("9 keys, 8 of them trusted"), "log:\n\(daemon.log)")
            #expect(try await daemon.reaches("locked", within: 40), "log:\n\(daemon.log)")
            try await withThrowingTaskGroup { group in
                for (what, options, keys, isSynchronised) in Self.questions {
                    group.addTask {
                        let result = try await Self.ask(daemon, program, options: options, keys: keys)
                        let offset = Self.offset(result)
                        #expect((offset != nil) == isSynchronised, "\(what): \(result)")
                        #expect(abs(offset ?? 0) < RealClientTests.tolerance, "\(what): \(result)")
                    }
                }
                try await group.waitForAll()
            }
            let report = try daemon.snapshot().server
            #expect(report.authenticated >= 9)
            #expect(report.cryptoNAKs >= 4)
            try await rereading(daemon, program, file)
        }
    }

    /// HUP: a key that was changed counts from then on, and the old one no longer; a file that is gone changes nothing.
    private func rereading(_ daemon: RunningDaemon, _ program: String, _ file: String) async throws {
        try Files.writeAtomically(file, Array("1 MD5 the-new-key\n".utf8))
        daemon.send(SIGHUP)
        #expect(try await daemon.logs("1 keys, 1 of them trusted"), "log:\n\(daemon.log)")
        try Files.remove(file)
        daemon.send(SIGHUP)
        #expect(try await daemon.logs("keeping the keys known so far"), "log:\n\(daemon.log)")
        let new = try await Self.ask(daemon, program, options: "key 1", keys: "1 MD5 the-new-key\n")
        #expect(Self.offset(new) != nil, "\(new)")
        let old = try await Self.ask(daemon, program, options: "key 1", keys: Self.keys)
        #expect(Self.offset(old) == nil, "\(old)")
    }

    @Test(
        "ntpd, ntpdate and busybox synchronise with the right key, and with no other",
        arguments: RealClientTests.workerCounts)
    func others(workers: Int) async throws {
        let folder = Folder()
        let setup = RunningDaemon.Setup().with {
            $0.isIsolated = true
            $0.service = "local stratum 10" + RealClientTests.configuration(workers: workers)
        }
        let clients = Self.clients.filter(\.client.isUsable)
        guard !clients.isEmpty else { return }
        let file = try folder.write("keys", Self.keys)
        try await withDaemon(setup.with { $0.service += "\nkeys \(file)\ntrustedkey (1 ... 7)\n" }) { daemon in
            #expect(try await daemon.reaches("locked", within: 40), "log:\n\(daemon.log)")
            try await withThrowingTaskGroup { group in
                for (client, keys, identifiers, isSynchronised) in clients {
                    let file = try folder.write("\(UInt32.random(in: 0 ... .max))", keys)
                    for identifier in identifiers {
                        group.addTask {
                            let answer = try await client.ask(daemon, key: (identifier, file))
                            #expect((answer.offset != nil) == isSynchronised, "key \(identifier): \(answer)")
                        }
                    }
                }
                try await group.waitForAll()
            }
            let report = try daemon.snapshot().server
            // A wrong key is refused by the daemon: the client had asked with it.
            func count(_ isSynchronised: Bool) -> Int {
                clients.filter { $0.isSynchronised == isSynchronised }.reduce(0) { $0 + $1.identifiers.count }
            }
            #expect(report.authenticated >= count(true))
            #expect(report.cryptoNAKs >= count(false))
        }
    }

    private static func ask(
        _ daemon: RunningDaemon, _ program: String, options: String, keys: String
    ) async throws -> ProgramResult {
        let folder = Folder()
        let user = Programs.isRoot ? ["-u", "root"] : ["-U"]
        return try await run(
            Programs.withoutClock(
                [program, "-Q", "-t", "5"] + user + [
                    "server 127.0.0.1 port \(daemon.port) iburst maxsamples 2 \(options)",
                    "keyfile \(try folder.write("keys", keys))", "pidfile \(folder.file("pid"))", "cmdport 0",
                    "bindcmdaddress /",
                ]))
    }

    /// From `System clock wrong by 0.000012 seconds (ignored)`; `nil` where no time was believed.
    private static func offset(_ result: ProgramResult) -> Double? {
        guard result.status == 0, let place = result.output.range(of: "System clock wrong by ") else { return nil }
        return Double(result.output[place.upperBound...].prefix { !$0.isWhitespace })
    }
}
