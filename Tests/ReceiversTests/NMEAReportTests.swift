import Receivers
import Testing
import TimeScale

@Suite("NMEA reports")
struct NMEAReportTests {
    private func decoder(after bodies: String...) -> ReceiverDecoder {
        var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
        _ = decoder.events(bodies.flatMap(sentence))
        return decoder
    }

    @Test("the kind of solution is the best of all constellations, in each cycle anew")
    func solution() {
        let none = "GNGSA,A,1,,,,,,,,,,,,,99.0,99.0,99.0,2"
        let space = "GNGSA,A,3,04,05,09,,,,,,,,,,1.5,1.3,1.0,1"
        #expect(decoder(after: space, none).status.fix == .space)
        #expect(decoder(after: none, space).status.fix == .space)
        let lost = "GNGSA,A,1,,,,,,,,,,,,,99.0,99.0,99.0,1"
        #expect(decoder(after: space, none, rmc("120000", "010626"), lost, none).status.fix == ReceiverStatus.Fix.none)
        #expect(decoder(after: space).status.positionDilution == 1.5)
        #expect(decoder(after: space).status.horizontalDilution == 1.3)
    }

    @Test("satellites of several sentences, talkers and signals become one list (capture skytraq PX1172RH)")
    func satellites() {
        let status = decoder(
            after: "GNGSA,A,3,05,12,25,29,,,,,,,,,1.7,0.8,1.6,1",
            "GPGSV,2,1,06,25,70,260,46,02,55,052,,12,53,162,46,20,52,107,,1",
            "GPGSV,2,2,06,29,46,296,43,05,40,146,47,1", "GPGSV,1,1,02,25,70,260,50,12,53,162,45,6",
            "GLGSV,1,1,02,84,64,323,,74,58,249,43,1"
        ).status
        let expected: [Satellite] = [
            // The second signal is the better one.
            Satellite(.gps, 25, signal: 50, elevation: 70, azimuth: 260, isUsed: true),
            Satellite(.gps, 2, signal: 0, elevation: 55, azimuth: 52),
            Satellite(.gps, 12, signal: 46, elevation: 53, azimuth: 162, isUsed: true),
            Satellite(.gps, 20, signal: 0, elevation: 52, azimuth: 107),
            Satellite(.gps, 29, signal: 43, elevation: 46, azimuth: 296, isUsed: true),
            Satellite(.gps, 5, signal: 47, elevation: 40, azimuth: 146, isUsed: true),
            Satellite(.glonass, 84, signal: 0, elevation: 64, azimuth: 323),
            Satellite(.glonass, 74, signal: 43, elevation: 58, azimuth: 249),
        ]
        #expect(status.satellites == expected)
    }

    @Test("a group that lost a sentence changes nothing")
    func lostSentence() {
        let status = decoder(
            after: "GPGSV,1,1,01,25,70,260,46", "GPGSV,3,1,09,01,70,260,46", "GPGSV,3,3,09,03,70,260,46"
        ).status
        #expect(status.satellites.map(\.number) == [25])
    }

    @Test("a satellite that sets leaves the list")
    func settingSatellite() {
        let status = decoder(
            after: "GPGSV,1,1,02,25,70,260,46,12,10,100,30", "GPGSV,1,1,01,25,70,260,46"
        ).status
        #expect(status.satellites.map(\.number) == [25])
    }

    @Test("Quectel's own talker names the system at the end (capture quectel-eg25-g-2)")
    func quectel() {
        let status = decoder(
            after: "PQGSA,A,3,12,,,,,,,,,,,,1.2,0.9,0.9,4",
            "PQGSV,1,1,04,04,,,32,12,46,282,30,19,50,092,31,25,17,302,26,0,4"
        ).status
        #expect(status.satellites.allSatisfy { $0.constellation == .beiDou })
        #expect(status.satellites.filter(\.isUsed).map(\.number) == [12])
        #expect(status.satellites.first == Satellite(.beiDou, 4, signal: 32))
    }

    @Test("numbers tell augmentation and GLONASS of a GPS talker")
    func numbers() {
        let satellites = decoder(after: "GPGSV,1,1,03,33,,,30,66,,,30,193,,,30").status.satellites
        #expect(satellites.map(\.constellation) == [.sbas, .glonass, .qzss])
    }

    @Test("what a receiver says in words is kept")
    func words() {
        let status = decoder(
            after: "GNTXT,01,01,02,ANTSTATUS=OPEN", "GNTXT,01,01,00,txbuf alloc", "GNTXT,01,01,02,PROTVER 15.00",
            "GNTXT,01,01,02,MOD=NEO-M8T-0", "GNTXT,01,01,02,FWVER=TIM 1.10"
        ).status
        #expect(status.antenna == .open)
        #expect(status.alarms == ["error: txbuf alloc"])
        #expect(status.protocolVersion == "15.00")
        #expect(status.model == "NEO-M8T-0")
        #expect(status.firmware == "TIM 1.10")
        let quectel = decoder(after: "PMTK705,AXN_2.51_3339_19071200,0002,QUECTEL-L70,1.0").status
        #expect(quectel.model == "QUECTEL-L70")
        #expect(quectel.firmware == "AXN_2.51_3339_19071200")
    }

    @Test("an error told in words is taken back a minute later")
    func oldError() {
        let error = "GNTXT,01,01,00,txbuf alloc"
        let at = { (time: String) in rmc(time, "010626") }
        #expect(decoder(after: at("120000"), error, at("120059")).status.alarms == ["error: txbuf alloc"])
        #expect(decoder(after: at("120000"), error, at("120101")).status.alarms == [])
    }

    @Test("a satellite fails the receiver's own check only where it has a bias (capture polarx2)")
    func integrity() {
        #expect(decoder(after: "GPGBS,112257.00,123.204,0.490,75.521,23,0.000,0.000,0.000").status.alarms == [])
        let alarms = decoder(after: "GPGBS,112257.00,1.2,1.4,3.5,23,0.010,-21.400,3.8").status.alarms
        #expect(alarms == ["RAIM: satellite 23 is -21 m off"])
    }

    @Test("GGA tells what it counts, and a solution that is none")
    func quality() {
        let status = decoder(after: "GPGGA,120000,4717.1,N,00833.9,E,1,08,1.2,450.0,M,48.0,M,,").status
        #expect(status.satellitesUsed == 8)
        #expect(status.horizontalDilution == 1.2)
        #expect(decoder(after: gga("120000", quality: "0")).status.fix == ReceiverStatus.Fix.none)
        #expect(decoder(after: gga("120000", quality: "6")).status.fix == .estimated)
        #expect(decoder(after: gga("120000", quality: "8")).status.fix == .manual)
    }

    @Test("a receiver that counts its satellites in GNS alone is not without (capture furuno_gl_ga)")
    func countedElsewhere() {
        let status = decoder(
            after: "GNGNS,120213.000,5957.0062,N,01100.6429,E,NDD,11,1.3,168.9,39.5,,,V",
            "GNGGA,120213.000,5957.0062,N,01100.6429,E,2,00,1.3,168.9,M,39.5,M,,"
        ).status
        #expect(status.satellitesUsed == 11)
    }

    @Test("Furuno's pulse and survey are read (capture furuno_gl_ga)")
    func furuno() {
        let status = decoder(
            after: "PERDCRX,TPS2,1,1,0,200,+000000,0,0,0023,-1.178,0000",
            "PERDCRY,TPS3,3,0049,015,084533,000000,0,0,00,0x20001300"
        ).status
        #expect(isNear(status.timeAccuracy, 23e-9, within: 1e-18))
        #expect(status.fix == .time)
        #expect(status.survey == ReceiverStatus.Survey(isActive: false, isValid: true, duration: 84_533))
        #expect(decoder(after: "PERDCRX,TPS2,0,1,0,200,+000000,0,0,0023,-1.178,0000").status.alarms.count == 1)
    }

    @Test("Ericsson's sentences bring status and no label (capture ericsson-gru04)")
    func ericsson() {
        var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
        let events = decoder.events(
            stream(
                "PERC,GPver,GRU 04 01,NCD 901 65/1,R1E,E1", "PERC,GPppf,+03.7,-014.7,0,18,0",
                "PERC,GPppr,428421,02404,00050,15,0,0", "PERC,GPsts,2,0,2,010011111111011111"))
        #expect(events == [.answer(.version)])
        #expect(decoder.status.model == "GRU 04 01")
        #expect(decoder.status.leapSeconds == 18)
        #expect(decoder.status.satellitesUsed == 15)
        #expect(decoder.status.fix == .time)
    }

    @Test("SkyTraq's survey is read")
    func skyTraq() {
        let status = decoder(after: "PSTI,00,1,120,-3.4").status
        #expect(status.survey == ReceiverStatus.Survey(isActive: true, isValid: false, duration: 120))
        #expect(decoder(after: "PSTI,00,2,2000,-3.4").status.fix == .time)
    }

    @Test("MediaTek's answers name the command")
    func mediaTek() {
        #expect(events(stream("PMTK001,314,3")).first?.isAnswer(to: "PMTK314", done: true) == true)
        #expect(events(stream("PMTK001,320,2")).first?.isAnswer(to: "PMTK320", done: false) == true)
    }

    @Test(
        "reports that cannot be read, and unknown sentences, are no rejections",
        arguments: [
            "GPGSA", "GPGSA,A", "GPGSA,A,4", "GPGSV", "GPGSV,1,1", "GPGSV,0,0,00", "GPGSV,2,3,01", "GPGSV,17,1,00",
            "GPGSV,1,1,01,01,02", "GPGSV,1,1,01,-1,999,999,999", "GPGSV,9999999999,1,01", "GPTXT", "GPTXT,,,,",
            "GPGBS", "GPGBS,,,,,9,x,1e9", "PUBX,00", "PUBX,00,,,,,,,XX", "PUBX,00,999999,,,,,,TT", "PERC",
            "PERC,GPppr",
            "PERC,GPppf,,,,", "PERC,GPsts,9", "PERC,GPver", "PSTI,00", "PSTI,00,9", "PSTI,030,1", "PMTK001",
            "PMTK001,,",
            "PMTK705", "PQVERNO", "PERDCRX,TPS2", "PERDCRY,TPS3,9", "PERDCRZ,TPS4,7", "PFEC,GPtps", "PJLTS,1", "P",
            "PQ",
            "PQGSV,1,1,01,1,2,3,4,5,6,7", "GPVTG", "PASHR,PTT",
        ])
    func unreadable(text: String) {
        #expect(events(sentence(text)).allSatisfy { $0.rejection == nil })
    }

    @Test("a report cut anywhere does not trap")
    func truncated() {
        for text in [
            "GNGSA,A,3,05,12,25,29,,,,,,,,,1.7,0.8,1.6,1",
            "PQGSV,1,1,04,04,,,32,12,46,282,30,19,50,092,31,25,17,302,26,0,4",
            "PUBX,00,120001.00,4717.1,N,00833.9,E,450.0,TT,1.0,2.0,0,0,0,,1.10,1.50,0.90,9,0,0",
        ] {
            for length in 0..<text.utf8.count { _ = events(sentence(String(text.prefix(length)))) }
        }
    }
}

extension ReceiverEvent {
    fileprivate func isAnswer(to command: String, done: Bool) -> Bool {
        guard case .answer(.acknowledged(let name, let isDone)) = self else { return false }
        return "\(name)" == command && isDone == done
    }
}
