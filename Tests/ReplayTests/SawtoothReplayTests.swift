import Receivers
import Testing
import TimeScale

/// What the streams of Trimble's and Motorola's receivers tell beside the epochs, which `CorpusTests` has.
@Suite("Sawtooths of TSIP and Oncore streams", .enabled(if: Corpus.isPresent, "the replay corpus is not here"))
struct SawtoothReplayTests {
    @Test(
        "each pulse whose error a stream tells gets it", arguments: ["trimble-smtx", "trimble-res720", "oncore-binary"])
    func sawtooths(name: String) throws {
        var decoder = ReceiverDecoder(notBefore: try #require(Epoch("2019-01-01T00:00:00Z")).utc)
        var sawtooths: [PulseSawtooth] = []
        let bytes = try Corpus.bytes("streams/\(name).bin")
        decoder.consume(bytes.span, arrived: .unixEpoch) { event in
            if case .sawtooth(let sawtooth) = event { sawtooths.append(sawtooth) }
        }
        // One for each label of the must tables: 30, 17, 12.
        #expect(sawtooths.count == ["trimble-smtx": 30, "trimble-res720": 17, "oncore-binary": 12][name])
        #expect(zip(sawtooths, sawtooths.dropFirst()).allSatisfy { $1.second - $0.second == .second })
        #expect(sawtooths.allSatisfy { abs($0.correction ?? 1) < 100e-9 })
        #expect(decoder.status.fix == (name == "oncore-binary" ? .space : .time))
        #expect(!decoder.status.satellites.isEmpty)
        #expect(decoder.status.antenna == .good)
    }
}
