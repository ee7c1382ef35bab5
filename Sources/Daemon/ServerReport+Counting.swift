// HOT PATH
import NTPServer
import Reports

extension ServerReport {
    /// Counts what became of a request.
    mutating func count(_ verdict: NTPServer.Verdict) {
        switch verdict {
        case .refuse(let refusal): count(refusal)
        case .kiss: kissed += 1
        case .reply(_, let kind):
            replied += 1
            if verdict.isSigned { authenticated += 1 }
            if verdict.isCryptoNAK { cryptoNAKs += 1 }
            if kind == .interleaved { interleaved += 1 }
        }
    }

    private mutating func count(_ refusal: NTPServer.Refusal) {
        switch refusal {
        case .truncated: truncated += 1
        case .version: badVersion += 1
        case .mode: badMode += 1
        case .tail: badTail += 1
        case .access: denied += 1
        case .limit: limited += 1
        case .flake: flaked += 1
        case .authentication: badAuthentication += 1
        case .group: declined += 1
        }
    }
}
