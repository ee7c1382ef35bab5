import SimulatedWorld
import Testing

@testable import ReferenceClocks

@Suite("Which edges begin a pulse")
struct EdgeFilterTests {
    /// An edge of a train: its stamp, and the second whose beginning it marks, if it does.
    private struct Edge {
        var stamp: Int64
        var second: Int?
    }

    /// Edges of a card whose quartz is 3 ppm fast, with 30 ns of jitter.
    ///
    /// - Parameters:
    ///   - width: of the pulses, seconds; `nil` where the driver stamps one edge.
    ///   - seconds: how many pulses.
    ///   - missing: share of edges that get lost.
    ///   - extra: edges a second that have nothing to do with the pulses.
    ///   - seed: of all chance.
    /// - Returns: edges in the order of time.
    private func train(
        width: Double?, seconds: Int = 60, missing: Double = 0, extra: Double = 0, seed: UInt64 = 1
    ) -> [Edge] {
        var random = RandomSource(seed: seed)
        var edges: [Edge] = []
        func add(_ at: Double, _ second: Int?) {
            guard random.nextUnit() >= missing else { return }
            // TAI of 2026 in whole seconds, so that a Double keeps nanoseconds.
            let nanoseconds = at * 1e9 * (1 + 3e-6) + 30 * random.nextGaussian()
            edges.append(Edge(stamp: 1_795_132_837_123_456_789 + Int64(nanoseconds.rounded()), second: second))
        }
        for second in 0..<seconds {
            add(Double(second), second)
            if let width { add(Double(second) + width, nil) }
            if random.nextUnit() < extra { add(Double(second) + random.nextUnit(), nil) }
        }
        return edges.sorted { $0.stamp < $1.stamp }
    }

    /// The seconds found, and how many edges were taken for pulses that are none.
    private func found(_ edges: [Edge], pulseWidth: Double? = nil) -> (seconds: [Int], false: Int, ambiguous: Int) {
        var filter = EdgeFilter(pulseWidth: pulseWidth)
        var result: (seconds: [Int], false: Int, ambiguous: Int) = ([], 0, 0)
        for edge in edges {
            switch filter.judge(edge.stamp) {
            case .leading:
                if let second = edge.second { result.seconds.append(second) } else { result.false += 1 }
            case .ambiguous: result.ambiguous += 1
            case .other: break
            }
        }
        return result
    }

    @Test(
        "of both edges the leading ones are found from the third pulse on",
        arguments: [0.0025, 0.01, 0.1, 0.2, 0.39])
    func bothEdges(width: Double) {
        // The second pulse shows a width once; the third has seen it twice.
        let result = found(train(width: width))
        #expect(result.seconds == Array(2..<60))
        #expect(result.false == 0 && result.ambiguous == 0)
    }

    @Test("pulses too short for two trains are as good as one edge", arguments: [10e-6, 100e-6, 0.001])
    func shortPulses(width: Double) {
        let result = found(train(width: width))
        #expect(result.seconds == Array(3..<60))
        #expect(result.false == 0 && result.ambiguous == 0)
    }

    @Test("where a driver stamps one edge, three seconds in a row make a train")
    func oneEdge() {
        let result = found(train(width: nil))
        #expect(result.seconds == Array(3..<60))
        #expect(result.false == 0)
    }

    @Test("near half a second nothing is used, and it is said", arguments: [0.41, 0.45, 0.5, 0.55, 0.59])
    func ambiguous(width: Double) {
        let result = found(train(width: width))
        #expect(result.seconds.isEmpty && result.false == 0)
        // Every edge from the third of its kind on.
        #expect(result.ambiguous == 2 * 58)
        var filter = EdgeFilter(pulseWidth: nil)
        let last = train(width: width, seconds: 4).map { filter.judge($0.stamp) }.last
        guard case .ambiguous(let shorter) = last else {
            Issue.record("\(String(describing: last))")
            return
        }
        #expect(abs(shorter - min(width, 1 - width)) < 1e-5)
    }

    @Test("beyond 0.6 s the shorter gap misleads, but not who knows the width", arguments: [0.65, 0.8, 0.9])
    func longPulses(width: Double) {
        let misled = found(train(width: width))
        #expect(misled.seconds.isEmpty && misled.false > 50)
        let told = found(train(width: width), pulseWidth: width)
        #expect(told.seconds == Array(2..<60) && told.false == 0)
    }

    @Test("by what width the edges were told apart can be asked", arguments: [(0.1, 0.1), (0.8, 0.2), (nil, nil)])
    func learnedWidth(width: Double?, learned: Double?) {
        var filter = EdgeFilter(pulseWidth: nil)
        for edge in train(width: width, seconds: 10) { _ = filter.judge(edge.stamp) }
        #expect((filter.width == nil) == (learned == nil))
        // 3 ppm of the edges' distance, 8 s at most.
        #expect(abs((filter.width ?? 0) - (learned ?? 0)) < 3e-5)
    }

    @Test("a width that is told makes all clear but half a second itself", arguments: [0.42, 0.47, 0.53, 0.6])
    func toldWidth(width: Double) {
        let result = found(train(width: width), pulseWidth: width)
        #expect(result.seconds == Array(2..<60) && result.false == 0)
        let half = found(train(width: 0.5), pulseWidth: 0.5)
        #expect(half.seconds.isEmpty && half.false == 0 && half.ambiguous > 100)
    }

    @Test("edges missed or too many cost few pulses and deceive hardly ever", arguments: 1...20 as ClosedRange<UInt64>)
    func missedAndExtra(seed: UInt64) {
        for width in [nil, 0.001, 0.1, 0.2] as [Double?] {
            let edges = train(width: width, seconds: 600, missing: 0.1, extra: 0.1, seed: seed)
            let result = found(edges, pulseWidth: nil)
            let marked = edges.compactMap(\.second).count
            #expect(Double(result.seconds.count) > 0.95 * Double(marked), "\(String(describing: width))")
            // An edge too many within a millisecond of where a pulse should be: 60 · 0.002.
            #expect(result.false <= 3, "\(String(describing: width))")
        }
    }

    @Test("a signal that begins anew elsewhere is known again within the memory of the old one")
    func jump() {
        let before = train(width: 0.1, seconds: 30)
        let after = train(width: 0.1, seconds: 60).dropFirst(60).map { edge in
            Edge(stamp: edge.stamp + 300_000_000, second: edge.second)
        }
        let result = found(before + after)
        #expect(result.false == 0)
        #expect(result.seconds.last == 59)
        // From 9 s after, when nothing before the jump is left that could make a second train.
        #expect(Set(39..<60).isSubset(of: result.seconds))
    }

    @Test("hum and more than one pulse a second are no pulses", arguments: [2.0, 5, 10, 50, 60, 1000])
    func wrongRate(hertz: Double) {
        var filter = EdgeFilter(pulseWidth: nil)
        for index in 0..<Int(20 * hertz) {
            let verdict = filter.judge(Int64(Double(index) / hertz * 1e9))
            #expect(verdict != .leading)
        }
    }

    @Test("stamps without sense do not trap, and what follows is right")
    func hostile() {
        var filter = EdgeFilter(pulseWidth: nil)
        for stamp in [Int64.min, .max, 0, -1, 1, .min, .min + 1, .max - 1, .max, .max] { _ = filter.judge(stamp) }
        let verdicts = train(width: 0.1, seconds: 10).map { filter.judge($0.stamp) }
        #expect(verdicts.count { $0 == .leading } == 8)
    }
}
