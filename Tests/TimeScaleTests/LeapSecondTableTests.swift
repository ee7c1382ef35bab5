import Authentication
import Testing
import TimeScale

@Suite("Leap second table")
struct LeapSecondTableTests {
    @Test("x") func x() { #expect(LeapSecondTable.builtIn.entries.count == 28) }
}
