import ConfigurationLanguage
import Testing

@Suite("Threads, memory and network cards")
struct ProcessWordsTests {
    @Test("every word is read")
    func everyWord() {
        let (configuration, diagnostics) = read(
            """
            workers 4
            affinity discipline 0 workers 1-3,5
            sched_priority 50
            lock_all
            ready-wait 7.5
            seccomp off
            dscp 0
            hwtimestamp eth0 minpoll -2 maxpoll 4 minsamples 4 maxsamples 32 precision 50e-9 txcomp 300e-9 \
            rxcomp 645e-9 rxfilter ntp nocrossts
            hwtimestamp *
            """)
        var expected = Configuration()
        (expected.workers, expected.schedulingPriority, expected.locksMemory) = (.count(4), 50, true)
        (expected.affinity.discipline, expected.affinity.workers) = (0, [1, 2, 3, 5])
        (expected.readyWait, expected.confinesSystemCalls) = (7.5, false)
        expected.differentiatedServices = 0
        var card = HardwareTimestampRule(interface: "eth0")
        (card.minimumPoll, card.maximumPoll, card.minimumSamples, card.maximumSamples) = (-2, 4, 4, 32)
        (card.precision, card.transmitCompensation, card.receiveCompensation) = (50e-9, 300e-9, 645e-9)
        (card.receiveFilter, card.usesCrossTimestamps) = (.ntp, false)
        expected.hardwareTimestamps = [card, HardwareTimestampRule(interface: nil)]
        #expect(configuration == expected)
        #expect(diagnostics.isEmpty)
    }

    /// chrony.conf(5), hwtimestamp: minpoll 0, minsamples 2, maxsamples 16, 100 ns.
    @Test("without them: workers by themselves, no card, no priority; ntpd's expedited forwarding; chrony's card")
    func defaults() {
        let configuration = Configuration()
        #expect(configuration.workers == .auto)
        #expect(configuration.hardwareTimestamps.isEmpty)
        #expect((configuration.schedulingPriority, configuration.locksMemory) == (0, false))
        #expect(configuration.affinity == CoreAffinity())
        #expect(configuration.differentiatedServices == 46)
        let card = HardwareTimestampRule(interface: nil)
        #expect((card.minimumPoll, card.maximumPoll, card.minimumSamples, card.maximumSamples) == (0, nil, 2, 16))
        #expect((card.precision, card.receiveFilter, card.usesCrossTimestamps) == (100e-9, nil, true))
    }

    @Test(
        "workers are automatic or counted",
        arguments: [("auto", .auto), ("0", .count(0)), ("256", .count(256))]
            as [(String, WorkerCount)])
    func workers(text: String, expected: WorkerCount) {
        let (configuration, diagnostics) = read("workers 7\nworkers \(text)")
        #expect(configuration.workers == expected)
        #expect(diagnostics.isEmpty)
    }

    @Test(
        "the wait for the time has an end or none, and what is no wait is an error",
        arguments: [("0", 0), ("86400", 86_400), ("infinity", .infinity), ("-1", nil), ("nan", nil), ("86401", nil)]
            as [(String, Double?)])
    func readyWait(text: String, expected: Double?) {
        let (configuration, diagnostics) = read("ready-wait \(text)")
        #expect(configuration.readyWait == expected ?? 20)
        #expect(diagnostics.isEmpty == (expected != nil))
    }

    @Test("the confinement is on or off", arguments: [("on", true), ("off", false)])
    func confinement(text: String, expected: Bool) {
        let (configuration, diagnostics) = read("seccomp \(text)")
        #expect(configuration.confinesSystemCalls == expected)
        #expect(diagnostics.isEmpty)
        #expect(read("seccomp \(text)x").1.count == 1)
    }

    @Test(
        "cores are numbers and ranges",
        arguments: [("3", [3]), ("0-2", [0, 1, 2]), ("4,1", [4, 1]), ("1-2,2-3", [1, 2, 3]), ("1023", [1023])])
    func cores(text: String, expected: [Int]) {
        let (configuration, diagnostics) = read("affinity workers \(text)")
        #expect(configuration.affinity.workers == expected)
        #expect(diagnostics.isEmpty)
    }

    @Test(
        "what are no cores is an error, and the threads run anywhere",
        arguments: ["x", "-1", "1-", "-", "3-1", "1024", "0-1024", "1,,2", ",", "+1", "1-2-3", "99999999999999999999"])
    func badCores(text: String) {
        let remark = "1:18: error: '\(text)' is not a list of cores from 0 to 1023, as in 1-3,5, 'workers' is ignored"
        #expect(remarks("affinity workers \(text)") == [remark])
        #expect(read("affinity workers \(text)").configuration == Configuration())
    }

    @Test(
        "a bad value is one error at its place, and the default stays",
        arguments: [
            ("workers", "1:1: error: 'workers' needs auto or a whole number from 0 to 256, the word is ignored"),
            ("workers many", "1:9: error: 'many' is not auto or a whole number from 0 to 256, 'workers' is ignored"),
            ("workers -1", "1:9: error: '-1' is not auto or a whole number from 0 to 256, 'workers' is ignored"),
            ("workers 257", "1:9: error: '257' is not auto or a whole number from 0 to 256, 'workers' is ignored"),
            (
                "sched_priority 101",
                "1:16: error: '101' is not a whole number from 0 to 100, 'sched_priority' is ignored"
            ),
            ("dscp 64", "1:6: error: '64' is not a whole number from 0 to 63, 'dscp' is ignored"),
            (
                "affinity discipline 1024",
                "1:21: error: '1024' is not a whole number from 0 to 1023, 'discipline' is ignored"
            ),
            (
                "affinity disciplin 0",
                "1:10: warning: unknown option 'disciplin', the word is ignored; did you mean 'discipline'?"
            ),
            ("hwtimestamp", "1:1: warning: 'hwtimestamp' needs an interface or *, the line is ignored"),
            ("lock_all yes", "1:10: warning: 'yes' is not expected here, the rest of the line is ignored"),
        ])
    func badValue(text: String, remark: String) {
        #expect(remarks(text) == [remark])
        var configuration = read(text).configuration
        configuration.locksMemory = false
        #expect(configuration == Configuration())
    }

    @Test(
        "what is wrong with a card's option is told, and the rest counts",
        arguments: [
            ("minpoll 21", "1:26: error: '21' is not a whole number from -6 to 20, 'minpoll' is ignored"),
            ("maxsamples 1", "1:29: error: '1' is not a whole number from 2 to 64, 'maxsamples' is ignored"),
            ("precision 0", "1:28: error: '0' is not a number from 1e-12 to 1.0 (s), 'precision' is ignored"),
            ("rxfilter any", "1:27: error: 'any' is not one of all, ntp, ptp, none, 'rxfilter' is ignored"),
            ("rxfilter", "1:18: error: 'rxfilter' needs one of all, ntp, ptp, none, the word is ignored"),
        ])
    func badCard(option: String, remark: String) {
        let (configuration, _) = read("hwtimestamp eth0 \(option)")
        #expect(remarks("hwtimestamp eth0 \(option)") == [remark])
        #expect(configuration.hardwareTimestamps == [HardwareTimestampRule(interface: "eth0")])
    }

    @Test("the shortest interval of a card is lowered to the longest, and a card is configured once")
    func polls() {
        let (configuration, diagnostics) = read(
            "hwtimestamp eth0 minpoll 4 maxpoll 2 minsamples 8 maxsamples 4\nhwtimestamp eth0 rxfilter all\n")
        let card = configuration.hardwareTimestamps.first
        #expect((card?.minimumPoll, card?.maximumPoll, card?.minimumSamples) == (2, 2, 4))
        #expect(configuration.hardwareTimestamps.count == 1)
        #expect(places(diagnostics, .warning) == ["1:13", "1:13", "2:13"])
        #expect(diagnostics.count == 3)
    }

    @Test("ntpd's limits are noted")
    func limits() {
        let (configuration, diagnostics) = read("rlimit memlock 32 stacksize 50 filenum 1024")
        #expect(places(diagnostics, .note) == ["1:8", "1:19", "1:32"])
        #expect(diagnostics.count == 3)
        #expect(configuration == Configuration())
    }
}
