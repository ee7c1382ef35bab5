import Foundation

/// The clients that ask once.
extension RealClient {
    /// Every client there is.
    static let all = [
        chronyd, chronydAsPeer, ntpd, timesyncd, openntpd, busybox, ntpdate, rdate, toybox, nagios,
    ]

    /// `chronyd -Q`.
    static let chronyd = chronyd("chronyd") { question in
        "server \(question.host) port \(question.port) iburst maxsamples 4"
            + (question.key.map { " key \($0.identifier)" } ?? "")
    }

    /// The same in symmetric active mode, which is what a Windows domain controller asks in.
    static let chronydAsPeer = chronyd("chronyd as a peer") { question in
        "peer \(question.host) port \(question.port) iburst minpoll 0 maxpoll 0 maxsamples 4"
            + (question.key.map { " key \($0.identifier)" } ?? "")
    }

    /// The offset is from the line `System clock wrong by 0.000012 seconds (ignored)`, the stratum (fifth column) from
    /// the log of measurements.
    private static func chronyd(_ name: String, _ source: @escaping @Sendable (Question) -> String) -> RealClient {
        RealClient(
            name: name, path: Programs.installed("chronyd"), needsPrivilegedPort: false, takesKeys: true, patience: 10
        ) { path, question in
            let folder = question.folder
            return [path, "-Q", "-t", "6"] + (Programs.isRoot ? ["-u", "root"] : ["-U"]) + [
                source(question), "keyfile \(question.key?.file ?? "/dev/null")",
                // A peer asks from its own server's port.
                "port \(try RunningDaemon.freePort())", "pidfile \(folder.file("pid"))", "cmdport 0",
                "bindcmdaddress /", "log measurements", "logdir \(folder.path)",
            ]
        } answer: { output, question in
            let last = question.folder.text("measurements.log").split(separator: "\n").last ?? ""
            let columns = last.split(whereSeparator: \.isWhitespace)
            guard let offset = word(after: "System clock wrong by ", in: output) else { return Answer() }
            return Answer(stratum: columns.count > 4 ? Int(columns[4]) : nil, offset: Double(offset))
        }
    }

    /// NTPsec's `ntpdate -q`, which runs ntpdig. A line such as `2026-11-21 06:13:30.271754 (+0000) +0.000139 +/-
    /// 0.000246 127.0.0.1 s1 no-leap`.
    static let ntpdate = RealClient(name: "ntpdate", path: Programs.installed("ntpdate"), takesKeys: true) {
        path, question in
        let key = question.key.map { ["-a", "\($0.identifier)", "-k", $0.file] } ?? []
        return [path, "-q"] + key + [question.host]
    } answer: { output, _ in
        let words = output.split(whereSeparator: \.isWhitespace)
        guard let mark = words.firstIndex(of: "+/-"), words.count > mark + 3 else { return Answer() }
        return Answer(stratum: Int(words[mark + 3].dropFirst()), offset: Double(words[mark - 1]))
    }

    /// OpenBSD's `rdate -n`: `rdate: adjust local clock by -0.000012 seconds`.
    static let rdate = RealClient(
        name: "rdate", path: Programs.peer("rdate", "usr/sbin/rdate"), showsStratum: false
    ) { path, question in
        [path, question.host.contains(":") ? "-6npv" : "-4npv", question.host]
    } answer: { output, _ in
        Answer(offset: word(after: "adjust local clock by", in: output).flatMap(Double.init))
    }

    /// `toybox sntp`, as in Android: `2026-11-21 11:00:50.052553259 +0000 offset -0.029697991 secs`.
    static let toybox = RealClient(
        name: "toybox sntp", path: Programs.peer("toybox", "bin/toybox"), showsStratum: false,
        refusesUnsynchronised: false
    ) { path, question in
        [path, "sntp", question.host]
    } answer: { output, _ in
        Answer(offset: word(after: "offset", in: output).flatMap(Double.init))
    }

    /// The plugin by which Nagios and its kin watch a server's time: `NTP OK: Offset -0.003448396921 secs|…`.
    static let nagios = RealClient(
        name: "check_ntp_time",
        path: Programs.peer("monitoring-plugins-basic", "usr/lib/nagios/plugins/check_ntp_time"),
        showsStratum: false
    ) { path, question in
        [path, question.host.contains(":") ? "-6" : "-4", "-H", question.host, "-t", "6"]
    } answer: { output, _ in
        Answer(offset: word(after: "Offset", in: output).flatMap(Double.init))
    }
}
