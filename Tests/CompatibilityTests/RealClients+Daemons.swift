import Foundation

/// The clients that stay and ask again, until they are ended.
extension RealClient {
    /// NTPsec's ntpd: select 6 of a status word in peerstats is "system peer" (RFC 9327 §3.2); the stratum is the
    /// twelfth column of rawstats. Its discipline is off.
    static let ntpd = RealClient(
        name: "ntpd", path: Programs.peer("ntpsec", "usr/sbin/ntpd"), place: .cable, stays: true, takesKeys: true,
        patience: 14
    ) { path, question in
        let key = question.key
        let folder = question.folder
        let file = try folder.write(
            "ntp.conf",
            """
            server \(question.host) iburst minpoll 0 maxpoll 3 \(key.map { "key \($0.identifier)" } ?? "")
            keys \(key?.file ?? "/dev/null")
            trustedkey \(key?.identifier ?? 1)
            tos minclock 1 minsane 1
            disable ntp kernel
            statsdir \(folder.path)/
            filegen peerstats file peerstats type none enable
            filegen rawstats file rawstats type none enable
            statistics peerstats rawstats

            """)
        return [path, "-n", "-c", file]
    } answer: { _, question in
        func last(_ name: String) -> [Substring] {
            question.folder.text(name).split(separator: "\n").last?.split(separator: " ") ?? []
        }
        let (peer, packet) = (last("peerstats"), last("rawstats"))
        guard peer.count > 4, packet.count > 11, let status = Int(peer[3], radix: 16), status >> 8 & 7 == 6 else {
            return Answer()
        }
        return Answer(stratum: Int(packet[11]), offset: Double(peer[4]))
    }

    /// systemd-timesyncd, which tells everything it sees when it debugs, and `Contacted time server` when it believes.
    ///
    /// It runs as its own user from the start, because it would keep the right to set the clock when it becomes it.
    static let timesyncd = RealClient(
        name: "systemd-timesyncd", path: Programs.peer("systemd-timesyncd", "lib/systemd/systemd-timesyncd"),
        place: .loopbackWithFiles(user: "systemd-timesync"), stays: true
    ) { path, question in
        try FileManager.default.createDirectory(
            atPath: question.folder.file("etc"), withIntermediateDirectories: true)
        try question.folder.write("etc/timesyncd.conf", "[Time]\nNTP=\(question.host)\n")
        return [
            "/usr/bin/setpriv", "--reuid", "65533", "--regid", "65533", "--clear-groups",
            "/usr/bin/env", "SYSTEMD_LOG_LEVEL=debug", path,
        ]
    } answer: { output, _ in
        guard output.contains("Contacted time server") else { return Answer() }
        return Answer(
            stratum: word(after: "stratum      :", in: output).flatMap { Int($0) },
            offset: word(after: "offset       :", in: output).flatMap(Double.init))
    }

    /// OpenNTPD: `reply from 127.0.0.1: offset 0.000004 delay 0.000018, next query 7s`.
    static let openntpd = RealClient(
        name: "openntpd", path: Programs.peer("openntpd", "usr/sbin/openntpd"),
        place: .loopbackWithFiles(user: "ntpd"), stays: true, showsStratum: false
    ) { path, question in
        [path, "-d", "-v", "-f", try question.folder.write("ntpd.conf", "server \(question.host)\n")]
    } answer: { output, _ in
        Answer(offset: word(after: ": offset", in: output).flatMap(Double.init))
    }

    /// `busybox ntpd -w`, as in OpenWrt: `ntpd: reply from 127.0.0.1: offset:+0.000006 delay:0.000109 … strat:1 …`.
    static let busybox = RealClient(
        name: "busybox ntpd", path: Programs.peer("busybox", "busybox"), stays: true, takesKeys: true, patience: 12
    ) { path, question in
        let key = question.key
        return [path, "ntpd", "-n", "-w", "-d"] + (key.map { ["-k", $0.file] } ?? [])
            + ["-p", (key.map { "keyno:\($0.identifier):" } ?? "") + question.host]
    } answer: { output, _ in
        Answer(
            stratum: word(after: "strat:", in: output).flatMap { Int($0) },
            offset: word(after: "offset:", in: output).flatMap(Double.init))
    }
}
