import Foundation
import LinuxSystem
import Testing
import TimeScale

/// Packets that a daemon sends unasked, heard at the other end of a cable.
///
/// No client of Debian's listens to them any more (NTPsec has removed it, chrony never had it), so
/// `Tests/Support/listen.py` does, as relays and switches do.
@Suite(
    "Broadcast",
    .enabled(if: Programs.isRoot, "a network of its own needs root"),
    .enabled(if: Programs.knows("broadcast 192.0.2.255"), "the daemon has no word 'broadcast' yet"))
struct BroadcastTests {
    /// RFC 5905 §7.3.
    private static let broadcastMode: UInt8 = 5

    @Test("nothing is broadcast before the proof; then a packet comes whenever it is due, and tells the truth")
    func broadcast() async throws {
        let (cable, folder) = (Cable(), Folder())
        let keys = try folder.write("keys", "1 MD5 secretmd5key\n")
        let setup = RunningDaemon.Setup().with {
            $0.isIsolated = true
            $0.service = """
                local stratum 10
                keys \(keys)
                trustedkey 1
                broadcast \(cable.broadcast) minpoll 0 key 1
                broadcast 224.0.1.1%\(cable.interface) minpoll 1 version 3
                broadcast ff02::101%\(cable.interface) minpoll 0 xleave
                """
        }
        try await withDaemon(setup) { daemon in
            daemon.feeder.change { ($0.hasSentences, $0.hasPulses) = (false, false) }
            #expect(try await daemon.logs("serving NTP"), "log:\n\(daemon.log)")
            let early = try await hear(cable, daemon, for: 5)
            #expect(early.isEmpty, "\(early.map(\.reply.bytes))")
            daemon.feeder.change { $0 = .init() }
            #expect(try await daemon.reaches("locked", within: 40), "log:\n\(daemon.log)")
            let heard = try await hear(cable, daemon, for: 12)
            for packet in heard { expectTruth(packet) }
            let signed = heard.filter { $0.reply.bytes.count > 48 }
            let (plain, interleaved) = (
                heard.filter { $0.reply.version == 3 },
                heard.filter { $0.reply.version == 4 && $0.reply.bytes.count == 48 }
            )
            // Twelve seconds less the time to join and a second to each side.
            expectRhythm(signed, every: 1, atLeast: 8)
            expectRhythm(plain, every: 2, atLeast: 4)
            expectRhythm(interleaved, every: 1, atLeast: 8)
            #expect(signed.allSatisfy { $0.reply.poll == 0 && $0.reply.origin == [UInt8](repeating: 0, count: 8) })
            #expect(plain.allSatisfy { $0.reply.poll == 1 && $0.reply.origin == [UInt8](repeating: 0, count: 8) })
            for packet in signed {
                // Key identifier 1, then MD5 over the key and the packet (RFC 5905 §7.3 and appendix A.2).
                #expect(Array(packet.reply.bytes[48...]) == [0, 0, 0, 1] + packet.digest)
            }
            expectPreviousDeparture(interleaved)
        }
    }

    private func expectTruth(_ packet: Packet) {
        let reply = packet.reply
        #expect(reply.mode == Self.broadcastMode)
        #expect(reply.leap == 0)
        #expect(reply.stratum == 1)
        #expect(reply.reference == "PPS")
        #expect(abs((packet.arrived - reply.transmitted).seconds) < RealClientTests.tolerance)
    }

    /// The daemon looks once a second what is due; 0.3 s are a busy machine's.
    private func expectRhythm(_ packets: [Packet], every interval: Double, atLeast count: Int) {
        let gaps = zip(packets, packets.dropFirst()).map { ($1.arrived - $0.arrived).seconds }
        #expect(gaps.allSatisfy { abs($0 - interval) < 0.3 }, "\(gaps)")
        #expect(packets.count >= count, "\(packets.count)")
    }

    /// RFC 9769 §4: the origin timestamp is when the packet before really left, after the time that it told itself.
    private func expectPreviousDeparture(_ packets: [Packet]) {
        let departures = zip(packets, packets.dropFirst()).map { earlier, later in
            (WireReply.instant(later.reply.bytes[24..<32]) - earlier.reply.transmitted).seconds
        }
        // The first after the start knows of no departure, nor does one after a gap.
        #expect(departures.filter { (-1e-6..<1e-3).contains($0) }.count >= departures.count - 1, "\(departures)")
    }

    /// What arrived, and when, by this machine's clock.
    private struct Packet: Sendable {
        let arrived: Instant
        let reply: WireReply
        let digest: [UInt8]
    }

    private func hear(_ cable: Cable, _ daemon: RunningDaemon, for seconds: Double) async throws -> [Packet] {
        let listener = ["/usr/bin/python3", "\(Programs.root)/Tests/Support/listen.py", "secretmd5key"]
        let words = cable.far(from: daemon, Programs.withoutClock(listener + ["224.0.1.1", "ff02::101"]))
        let result = try await run(words, seconds: seconds)
        #expect(result.output.contains("listening"), "\(result)")
        return result.output.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            let stamp = words[0].split(separator: ".").compactMap { Int64($0) }
            guard words.count == 3, stamp.count == 2 else { return nil }
            return Packet(
                arrived: Instant(nanoseconds: stamp[0] * 1_000_000_000 + stamp[1]),
                reply: WireReply(bytes: Self.bytes(words[1]), offset: .nan), digest: Self.bytes(words[2]))
        }
    }

    private static func bytes(_ hexadecimal: Substring) -> [UInt8] {
        let digits = hexadecimal.compactMap { $0.hexDigitValue }.map { UInt8($0) }
        return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
