import Authentication
import ConfigurationLanguage
import NTPServer
import NTPWire
import Testing
import TimeScale

/// What became of a request.
enum RequestFate: Equatable {
    case answered
    case kissed
    case refused(NTPServer.Refusal)
}

/// Every version by every mode by everything behind the header by every rule by every state of the clock.
@Suite("Conformance of replies")
struct ConformanceTests {
    /// The way of a request through the server, as the daemon goes it.
    ///
    /// - Parameters:
    ///   - request: the request.
    ///   - table: the client table.
    ///   - rule: what applies to its client.
    ///   - state: what is served.
    ///   - keys: the server's.
    /// - Returns: what became of the request, and the bytes that are sent; where none are, the buffer.
    static func answer(
        _ request: [UInt8], _ table: inout ClientTable, rule: ServerRule, state: ServerState,
        keys: borrowing SymmetricKeys
    ) -> (fate: RequestFate, bytes: [UInt8]) {
        let access = table.admit(
            request.span, from: ClientTableTests.client.wire, port: 123, flags: rule.flags, now: rule.now)
        var (verdict, buffer) = Requests.respond(to: request, state: state, access: access, keys: keys)
        if verdict == .refuse(.authentication), table.noteMissingProof(flags: rule.flags, now: rule.now) {
            (verdict, buffer) = Requests.respond(to: request, state: state, access: .kiss(.restricted), keys: keys)
        }
        switch verdict {
        case .refuse(let refusal): return (.refused(refusal), buffer)
        case .kiss(let length): return (.kissed, Array(buffer[..<length]))
        case .reply(let length, _):
            Requests.stamp(
                &buffer, length: length, transmitted: Requests.arrival + .milliseconds(500), state: state, keys: keys)
            return (.answered, Array(buffer[..<length]))
        }
    }

    @Test("every request gets the reply of the table, byte for byte", arguments: ServerRule.allCases)
    func product(rule: ServerRule) throws {
        let keys = RequestShape.serverKeys()
        let none = SymmetricKeys()
        let table = rule.table()
        let conditions = ClockCondition.allCases.map { (condition: $0, state: $0.state, reply: $0.reply) }
        var departures = 0
        for (number, request) in Self.cases(rule).enumerated() {
            let row = try #require(ConformanceTable.rows.first { $0.applies(request) }, "no row for \(request)")
            let bytes = request.shape.request(version: request.version, mode: request.mode, keys: keys)
            // Silence tells nothing of the clock: each is heard in one state, in turn, which saves two thirds of the time.
            let turn = (number + number / 64) % conditions.count
            let asked = if case .silence = row.outcome { conditions[turn...turn] } else { conditions[...] }
            for (condition, state, reply) in asked {
                var clients = table
                let answer =
                    rule == .noKeys
                    ? Self.answer(bytes, &clients, rule: rule, state: state, keys: none)
                    : Self.answer(bytes, &clients, rule: rule, state: state, keys: keys)
                let expected = Self.expectation(row.outcome, of: bytes, request, reply: reply)
                var isRight = answer.fate == expected.fate
                if case .signed = row.outcome, isRight {
                    isRight =
                        answer.bytes.count == 48 + request.shape.ending.length
                        && answer.bytes[..<52] == expected.bytes[...]
                        && keys.verify(answer.bytes.span, authenticator: 48..<answer.bytes.count)
                } else {
                    isRight = isRight && answer.bytes == expected.bytes
                }
                guard !isRight else { continue }
                departures += 1
                // A few tell enough.
                guard departures <= 5 else { continue }
                Issue.record("\(request), \(condition): \(answer), not \(row.outcome): \(row.why)")
            }
        }
        #expect(departures == 0)
    }

    @Test("each row of the table decides a case that no row before it decides, and says why")
    func rows() {
        var decided = [Int](repeating: 0, count: ConformanceTable.rows.count)
        for rule in ServerRule.allCases {
            for request in Self.cases(rule) {
                if let row = ConformanceTable.rows.firstIndex(where: { $0.applies(request) }) { decided[row] += 1 }
            }
        }
        for (row, count) in zip(ConformanceTable.rows, decided) { #expect(count > 0, "\(row.why)") }
        #expect(Set(ConformanceTable.rows.map(\.why)).count == decided.count)
    }

    private static func cases(_ rule: ServerRule) -> [ConformanceCase] {
        RequestShape.all.flatMap { shape in
            (0..<64 as Range<UInt8>).map { bits in
                ConformanceCase(version: bits >> 3, mode: bits & 7, shape: shape, rule: rule)
            }
        }
    }

    /// What is expected: what becomes of the request, and the bytes of which a digest is left out.
    private static func expectation(
        _ outcome: ConformanceOutcome, of request: [UInt8], _ what: ConformanceCase, reply: [UInt8]
    ) -> (fate: RequestFate, bytes: [UInt8]) {
        func header(_ mode: UInt8) -> [UInt8] { [reply[0] | what.version << 3 | mode] + reply[1...] }
        switch outcome {
        case .silence(let refusal): return (.refused(refusal), request)
        case .time(let mode): return (.answered, header(mode))
        case .signed(let mode):
            let authenticator = request.suffix(what.shape.ending.length)
            return (.answered, header(mode) + authenticator.prefix(4))
        case .cryptoNAK: return (.answered, header(4) + [0, 0, 0, 0])
        case .kiss(let code):
            // ntpd's fast_xmit: the request's fields, but for these.
            let transmitted = request[40..<48]
            let start = [0xc0 | what.version << 3 | 4, 0] + request[2..<12] + Array(code.utf8) + request[16..<24]
            return (.kissed, start + transmitted + transmitted + transmitted)
        }
    }
}
