import Receivers
import Reports
import Testing
import TimeScale

@Suite("The report of a receiver")
struct ReceiverReportTests {
    /// 3 × 10⁻⁹ is 3.0000000000000004e-09 in binary, and a receiver tells nanoseconds.
    @Test("figures have the digits that a receiver tells, and what is no number is not told")
    func digits() {
        var status = ReceiverStatus()
        (status.timeAccuracy, status.horizontalDilution, status.clockDrift) = (3 * 1e-9, 0.7000000000000001, 1.1e-7)
        (status.temperature, status.positionDilution) = (.infinity, .nan)
        let report = ReceiverReport(status)
        #expect(report.timeAccuracy?.description == "3e-09")
        #expect(report.horizontalDilution == 0.7)
        #expect(report.clockDrift == 1.1e-7)
        #expect(report.temperature == nil && report.positionDilution == nil)
        #expect(ReceiverReport(ReceiverStatus()) == ReceiverReport())
    }

    @Test("the kind of fix has the names that people use")
    func fix() {
        let names = ReceiverStatus.Fix.allCases.map { fix in
            var status = ReceiverStatus()
            status.fix = fix
            return ReceiverReport(status).fix
        }
        #expect(names == ["none", "estimated", "manual", "time-only", "2D", "3D"])
    }

    @Test("a survey that has not begun has no duration; one that goes on has all that is told")
    func survey() {
        var status = ReceiverStatus()
        status.survey = .init(isActive: false, isValid: false, duration: 0, accuracy: 0)
        #expect(ReceiverReport(status).survey == "none")
        #expect(ReceiverReport(status).surveyDuration == nil && ReceiverReport(status).surveyAccuracy == nil)
        status.survey = .init(isActive: true, isValid: false, duration: 120, accuracy: 2.31234)
        #expect(ReceiverReport(status).survey == "active")
        #expect(ReceiverReport(status).surveyDuration == 120)
        #expect(ReceiverReport(status).surveyAccuracy == 2.3123)
    }

    @Test("what was told is known once, and what is old is forgotten by topic")
    func topics() {
        var decoder = ReceiverDecoder(notBefore: .unixEpoch)
        for second in 0..<2 {
            let fields = "4717.1130,N,00833.9150,E,1,08,1.0,450.0,M,48.0,M,,*\(68 + second)"
            let sentence = "$GPGGA,12000\(second).00,\(fields)\r\n"
            decoder.consume(Array(sentence.utf8).span, arrived: .unixEpoch) { _ in }
            let told = decoder.takeTold()
            #expect(told.isSuperset(of: [.satellitesUsed, .dilution]) && !told.contains(.antenna))
            #expect(decoder.takeTold() == [])
        }
        var status = decoder.status
        status.forget(.dilution)
        #expect(status.horizontalDilution == nil && status.satellitesUsed == 8)
    }
}
