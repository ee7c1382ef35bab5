import Reports
import Testing

@Suite("Fixed decimals")
struct FixedDecimalTests {
    /// Rounded by hand; the halves are exact in binary and go away from zero.
    @Test(
        "numbers are rounded to their digits",
        arguments: [
            (0.0, 0, "0"), (0.0, 3, "0.000"), (1.0, 0, "1"), (1.0, 6, "1.000000"), (-12.5, 3, "-12.500"),
            (0.5, 0, "1"), (1.5, 0, "2"), (2.5, 0, "3"), (-2.5, 0, "-3"), (0.125, 2, "0.13"), (-0.125, 2, "-0.13"),
            (0.49, 0, "0"), (0.001, 3, "0.001"), (0.0004, 3, "0.000"), (0.0006, 3, "0.001"), (9.9996, 3, "10.000"),
            (0.999_999_9, 6, "1.000000"), (1e-9, 9, "0.000000001"), (123.456_789, 4, "123.4568"),
            (1_795_237_567.089, 3, "1795237567.089"), (0.05, 1, "0.1"), (12.345678, 9, "12.345678000"),
        ])
    func rounding(value: Double, digits: Int, text: String) {
        #expect(FixedDecimal.text(value, digits: digits) == text)
    }

    @Test("what rounds to zero has no sign", arguments: [-0.0, -0.0004, -1e-300, 0.0004])
    func zero(value: Double) {
        #expect(FixedDecimal.text(value, digits: 3) == "0.000")
    }

    @Test(
        "the largest numbers still have their digits",
        arguments: [
            (999_999_999_999_999_872.0, 0, "999999999999999872"), (-562_949_953_421_312.5, 1, "-562949953421312.5"),
            (999_999_999.0, 9, "999999999.000000000"),
        ])
    func large(value: Double, digits: Int, text: String) {
        #expect(FixedDecimal.text(value, digits: digits) == text)
    }

    /// 10¹⁸ scaled is the limit; beyond it Swift's own description.
    @Test(
        "larger numbers and no numbers come as Swift prints them",
        arguments: [
            (1e18, 0, "1e+18"), (1e9, 9, "1000000000.0"), (-1e300, 3, "-1e+300"), (.infinity, 3, "inf"),
            (-.infinity, 0, "-inf"), (.nan, 3, "nan"),
        ] as [(Double, Int, String)])
    func beyond(value: Double, digits: Int, text: String) {
        #expect(FixedDecimal.text(value, digits: digits) == text)
    }
}
