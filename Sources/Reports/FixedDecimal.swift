/// Numbers in decimal with a fixed count of digits, without Foundation.
public enum FixedDecimal {
    /// A number rounded to a count of digits after the point.
    ///
    /// - Parameters:
    ///   - value: magnitude below 10^(18 − digits); larger ones and NaN come as Swift prints them.
    ///   - digits: digits after the point, 0 ... 9.
    /// - Returns: the text, with a minus sign where the rounded value is below zero.
    public static func text(_ value: Double, digits: Int) -> String {
        let scale = (0..<digits).reduce(1.0) { product, _ in product * 10 }
        let scaled = (abs(value) * scale).rounded()
        guard scaled < 1e18 else { return value.description }
        let sign = value < 0 && scaled > 0 ? "-" : ""
        let all = String(Int64(scaled))
        guard digits > 0 else { return sign + all }
        let padded = String(repeating: "0", count: max(0, digits + 1 - all.utf8.count)) + all
        return sign + padded.dropLast(digits) + "." + padded.suffix(digits)
    }
}
