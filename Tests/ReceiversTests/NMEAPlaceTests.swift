import Receivers
import Testing
import TimeScale

@Suite("Places in sentences")
struct NMEAPlaceTests {
    private func place(_ bodies: String..., exactly: Bool = true) -> ReceiverStatus.Place? {
        var decoder = ReceiverDecoder(notBefore: utc(2026, 1, 1))
        decoder.holdsExactPlace = exactly
        _ = decoder.events(bodies.flatMap(sentence))
        return decoder.status.place
    }

    // 47° 17.1130′ = 47 + 17.1130 / 60 = 47.28521667°, 8° 33.9150′ = 8.56525°.
    @Test(
        "RMC, GGA, GNS and GLL tell it where they vouch for it",
        arguments: [
            "GPRMC,120000,A,4717.1130,N,00833.9150,E,0.00,0.00,010626,,,A", "GPGLL,4717.1130,N,00833.9150,E,120000,A,A",
            "GPGGA,120000,4717.1130,N,00833.9150,E,1,08,1.0,450.0,M,48.0,M,,",
            "GNGNS,120000,4717.1130,N,00833.9150,E,AN,08,1.0,450.0,48.0,,,V",
        ])
    func sentences(body: String) {
        let found = place(body)
        #expect(isNear(found?.latitude, 47.28521667, within: 1e-8))
        #expect(isNear(found?.longitude, 8.56525, within: 1e-8))
        let hasHeight = body.hasPrefix("GPGGA") || body.hasPrefix("GNGNS")
        #expect(found?.height == (hasHeight ? 498 : nil))
    }

    @Test("south and west are negative, and a sentence without a height leaves that of another")
    func signs() {
        let south = place(
            "GPGGA,120000,4717.1130,S,00833.9150,W,1,08,1.0,450.0,M,-48.0,M,,",
            "GPRMC,120000,A,4717.1130,S,00833.9150,W,0.00,0.00,010626,,,A")
        #expect(isNear(south?.latitude, -47.28521667, within: 1e-8))
        #expect(isNear(south?.longitude, -8.56525, within: 1e-8))
        #expect(south?.height == 402)
    }

    @Test("it is held to a tenth of a degree unless it is wanted exactly")
    func blurred() {
        let found = place("GPGGA,120000,4717.1130,N,00833.9150,E,1,08,1.0,450.0,M,48.0,M,,", exactly: false)
        #expect(found == ReceiverStatus.Place(latitude: 47.3, longitude: 8.6))
    }

    @Test(
        "what is void, estimated or no place is not taken",
        arguments: [
            "GPRMC,120000,V,4717.1130,N,00833.9150,E,0.00,0.00,010626,,,N",
            "GPRMC,120000,A,4717.1130,N,00833.9150,E,0.00,0.00,010626,,,E",
            "GPGGA,120000,4717.1130,N,00833.9150,E,0,08,1.0,450.0,M,48.0,M,,",
            "GPGGA,120000,4717.1130,N,00833.9150,E,6,08,1.0,450.0,M,48.0,M,,",
            "GPGGA,120000,4717.1130,N,00833.9150,E,7,08,1.0,450.0,M,48.0,M,,",
            "GPRMC,120000,A,,,,,0.00,0.00,010626,,,A", "GPRMC,120000,A,4717.1130,X,00833.9150,E,0.00,0.00,010626,,,A",
            "GPRMC,120000,A,4760.0000,N,00833.9150,E,0.00,0.00,010626,,,A",
            "GPRMC,120000,A,9000.0001,N,00833.9150,E,0.00,0.00,010626,,,A",
            "GPRMC,120000,A,4717.1130,N,18000.0001,E,0.00,0.00,010626,,,A",
            "GPRMC,120000,A,-4717.1130,N,00833.9150,E,0.00,0.00,010626,,,A",
            "GPRMC,120000,A,47x7.1130,N,00833.9150,E,0.00,0.00,010626,,,A",
        ])
    func refused(body: String) {
        #expect(place(body) == nil)
    }

    @Test("a sentence without a place labels all the same")
    func unneeded() {
        #expect(events(sentence("GPRMC,120000,A,,,,,0.00,0.00,010626,,,A")).compactMap(\.label).count == 1)
    }
}
