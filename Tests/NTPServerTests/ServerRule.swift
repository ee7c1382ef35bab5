import ConfigurationLanguage
import NTPServer
import Testing
import TimeScale

/// What the server's configuration and the client's past say about a request: the rows of `restrict` that matter here.
enum ServerRule: CaseIterable {
    /// No rule applies.
    case none
    /// No rule applies, and the server has no keys.
    case noKeys
    case ignore
    case noServe
    /// `noserve kod`, to a client that has not been told yet.
    case noServeKiss
    case noTrust
    /// `notrust kod`, to a client that has not been told yet.
    case noTrustKiss
    case version
    case versionNoTrust
    /// `limited kod`, and the client keeps within the limit.
    case limitedWithin
    /// `limited`, and this request is above the limit.
    case limitedAbove
    /// `limited kod`, and this request is the first above the limit.
    case limitedAboveKiss
    /// `limited kod`, and the client has just been told.
    case limitedAboveTold
    /// `flake`, and the lot lets this request through.
    case flakeKept
    /// `flake`, and the lot drops it.
    case flakeDropped

    var flags: AccessFlags {
        switch self {
        case .none, .noKeys: []
        case .ignore: .ignore
        case .noServe: .noServe
        case .noServeKiss: [.noServe, .kissOfDeath]
        case .noTrust: .noTrust
        case .noTrustKiss: [.noTrust, .kissOfDeath]
        case .version: .version
        case .versionNoTrust: [.version, .noTrust]
        case .limitedAbove: .limited
        case .limitedWithin, .limitedAboveKiss, .limitedAboveTold: [.limited, .kissOfDeath]
        case .flakeKept, .flakeDropped: .flake
        }
    }

    /// Second at which the request comes; earlier ones came a second apart, from 0 on.
    private var second: Double {
        // RateLimitTests: twelve requests a second apart are within ntpd's defaults, and no more.
        switch self {
        case .limitedAbove, .limitedAboveKiss: 12
        case .limitedAboveTold: 13
        default: 0
        }
    }

    var now: MonotonicInstant { MonotonicInstant(nanoseconds: Int64(second * 1e9)) }

    /// The client table as the client's earlier requests have left it.
    func table() -> ClientTable {
        var table = ClientTableTests.table { $0.size = .clients(8) }
        for earlier in 0..<Int(second) {
            _ = table.ask(ClientTableTests.client, flags: flags, at: Double(earlier))
        }
        guard flags.contains(.flake) else { return table }
        // The lot falls by the number of the request; of a thousand, one in ten is dropped.
        for _ in 0..<1000 {
            var next = table
            let isDropped = next.ask(ClientTableTests.client, flags: flags) == .flake
            if isDropped == (self == .flakeDropped) { return table }
            table = next
        }
        preconditionFailure("flake drops all or nothing")
    }
}

/// What the clock is when it is asked, and what a reply has to say of it.
enum ClockCondition: CaseIterable {
    case locked, holdover, local, unsynchronised

    var state: ServerState {
        var state = Requests.state()
        switch self {
        case .locked: break
        case .holdover:
            // An hour without a reference, at 0.1 ppm.
            state.referenceTime = Requests.arrival - .seconds(3600)
            (state.rootDispersion, state.rootDispersionRate) = (0.00136, 1e-7)
        case .local:
            (state.stratum, state.referenceID) = (10, .local)
            (state.referenceTime, state.rootDispersion) = (Requests.arrival, 0.010)
        case .unsynchronised: state = .unsynchronised(precision: -24, asOf: Requests.arrival)
        }
        return state
    }

    /// The first 48 bytes of a reply to a request of `Requests`, sent half a second after it came; version and mode are
    /// 0 here.
    ///
    /// 2026-11-21T05:06:07Z is 0xeeaba53f (Python); an hour before it is 0xeeab972f. Root dispersions round up: 1 ms is
    /// 65.5 units of 2⁻¹⁶ s, 1.36 ms 89.1, 10 ms 655.4, and 16 s exactly 0x10_0000. An unsynchronised server tells stratum 0,
    /// leap 3 (RFC 5905 §7.3) and no reference time (RFC 1305 §3.2.1). A receive timestamp is odd, as chrony's are.
    var reply: [UInt8] {
        let start: [UInt8] =
            switch self {
            case .locked:
                [0x00, 1, 10, 0xe8, 0, 0, 0, 0, 0, 0, 0, 66] + Array("GPS\0".utf8) + [0xee, 0xab, 0xa5, 0x3e]
            case .holdover:
                [0x00, 1, 10, 0xe8, 0, 0, 0, 0, 0, 0, 0, 90] + Array("GPS\0".utf8) + [0xee, 0xab, 0x97, 0x2f]
            case .local:
                [0x00, 10, 10, 0xe8, 0, 0, 0, 0, 0, 0, 2, 0x90] + Array("LOCL".utf8) + [0xee, 0xab, 0xa5, 0x3f]
            case .unsynchronised:
                [0xc0, 0, 10, 0xe8, 0, 0, 0, 0, 0, 0x10, 0, 0] + Array("INIT".utf8) + [0, 0, 0, 0]
            }
        return start + [0, 0, 0, 0] + [200, 205, 210, 215, 220, 225, 230, 235]
            + [0xee, 0xab, 0xa5, 0x3f, 0, 0, 0, 1] + [0xee, 0xab, 0xa5, 0x3f, 0x80, 0, 0, 0]
    }
}
