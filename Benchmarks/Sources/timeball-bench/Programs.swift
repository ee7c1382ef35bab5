import Glibc
import LinuxSystem

/// The programs that are measured beside each other, and their configurations.
struct Programs {
    /// In the order of the tables.
    private(set) var all: [Program] = []
    /// What is not there, and why.
    private(set) var remarks: [String] = []

    /// Those that serve in their main thread, for callgrind.
    var inOneThread: [Program] {
        let ours = all.first { $0.isOurs }?.name
        return all.filter { !$0.isOurs || $0.name == ours }
    }

    static let plainEcho = "echo"
    static let batchedEcho = "echo in batches"

    /// Programs that were found; their configurations go to a folder.
    init(timeballd: String, folder: String, isIsolated: Bool) throws {
        try Files.writeAtomically("\(folder)/keys", Array(Signature.keysFile.utf8), mode: 0o600)
        try Files.writeAtomically("\(folder)/ntpd.keys", Array(Signature.ntpdKeysFile.utf8), mode: 0o600)
        let this = try Files.programFolder() + "/timeball-bench"
        let core = Machine.serverCore...Machine.serverCore
        for (name, batch, port) in [(Self.plainEcho, "1", 20001 as UInt16), (Self.batchedEcho, "32", 20002)] {
            all.append(
                Program(name: name, command: [this, "--echo", "\(port)", batch], port: port, isEcho: true, cores: core))
        }
        try addTimeballd(timeballd, folder)
        try addChronyd(folder)
        try addNtpd(folder, isIsolated)
    }

    private mutating func addTimeballd(_ path: String, _ folder: String) throws {
        let core = Machine.serverCore...Machine.serverCore
        let most = Machine.workerCores
        var variants = [("timeballd workers 0", "workers 0", core), ("timeballd workers 1", "workers 1", core)]
        variants.append(("timeballd workers \(most.count)", "workers \(most.count)", most))
        if try !Self.knowsWorkers(path, folder) {
            variants = [("timeballd", "", core)]
            remarks.append("This timeballd does not know `workers`: one thread serves.")
        }
        for (index, variant) in variants.enumerated() {
            let port = 20010 + UInt16(index)
            let file = "\(folder)/timeballd\(index).conf"
            let text = """
                server 127.127.1.0 prefer
                fudge 127.127.1.0 stratum 8
                tos orphanwait 0
                listen 127.0.0.1
                port \(port)
                observe none
                keys \(folder)/keys
                trustedkey 1 2
                \(variant.1)

                """
            try Files.writeAtomically(file, Array(text.utf8))
            all.append(
                Program(name: variant.0, command: [path, "-n", "-c", file], port: port, isOurs: true, cores: variant.2))
        }
    }

    /// Whether a timeballd takes the word without a warning.
    static func knowsWorkers(_ path: String, _ folder: String) throws -> Bool {
        try Files.writeAtomically("\(folder)/known.conf", Array("listen 127.0.0.1\nport 20009\nworkers 1\n".utf8))
        let said = try Machine.output(of: "'\(path)' --check-config -c '\(folder)/known.conf'", folder: folder)
        return !said.contains("unknown word")
    }

    private mutating func addChronyd(_ folder: String) throws {
        guard let path = Machine.path(of: "chronyd") else {
            remarks.append("chronyd is not measured: it is not installed (`apt-get install chrony`).")
            return
        }
        let port: UInt16 = 20020
        let text = """
            port \(port)
            cmdport 0
            bindaddress 127.0.0.1
            bindcmdaddress /
            allow 127.0.0.0/8
            local stratum 8
            keyfile \(folder)/keys
            pidfile \(folder)/chronyd.pid

            """
        try Files.writeAtomically("\(folder)/chrony.conf", Array(text.utf8))
        all.append(
            Program(
                name: "chronyd", command: [path, "-x", "-d", "-U", "-u", "root", "-f", "\(folder)/chrony.conf"],
                port: port, cores: Machine.serverCore...Machine.serverCore))
    }

    /// NTPsec's ntpd, installed or unpacked by `Benchmarks/peers`; it serves on port 123 and no other.
    private mutating func addNtpd(_ folder: String, _ isIsolated: Bool) throws {
        let unpacked = try Files.programFolder() + "/../../peers/usr/sbin/ntpd"
        // SAFETY: the function reads the string.
        guard let path = unsafe access(unpacked, X_OK) == 0 ? unpacked : Machine.path(of: "ntpd") else {
            remarks.append("ntpd is not measured: neither installed nor unpacked by `Benchmarks/peers`.")
            return
        }
        guard isIsolated else {
            remarks.append(
                "ntpd is not measured: it needs port 123 of a network namespace, which `unshare` refuses here.")
            return
        }
        let text = """
            disable ntp
            disable kernel
            tos orphanwait 0
            refclock local unit 0 stratum 8
            interface ignore wildcard
            interface listen 127.0.0.1
            keys \(folder)/ntpd.keys
            trustedkey 1 2
            unrestrict default limited kod

            """
        try Files.writeAtomically("\(folder)/ntpd.conf", Array(text.utf8))
        all.append(
            Program(
                name: "ntpd (NTPsec)", command: [path, "-n", "-c", "\(folder)/ntpd.conf", "-p", "\(folder)/ntpd.pid"],
                port: 123, cores: Machine.serverCore...Machine.serverCore))
    }
}
