/// Location and scale that a few wild values cannot move.
public enum RobustStatistics {
    /// The median; the mean of the middle two for an even count, 0 for none.
    public static func median(_ values: [Double]) -> Double {
        guard !values.isEmpty else { return 0 }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// Standard deviation from the median absolute deviation: times 1.4826, exact for normal values.
    public static func deviation(_ values: [Double]) -> Double {
        let centre = median(values)
        return 1.4826 * median(values.map { abs($0 - centre) })
    }
}
