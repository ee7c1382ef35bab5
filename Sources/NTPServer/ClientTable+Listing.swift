import ConfigurationLanguage
import TimeScale

/// What a client table tells about one client.
public struct ClientEntry: Equatable, Sendable {
    /// The address; zero behind the prefix that tells clients apart.
    public let address: IPAddress
    /// The source port of the last request.
    public let port: UInt16
    /// Requests.
    public let count: Int
    /// Requests that got no time.
    public let drops: Int
    /// Why they did not.
    public let dropReasons: DropReasons
    /// Kisses o'death sent.
    public let kisses: Int
    /// The first request, on the clock that is never set.
    public let first: MonotonicInstant
    /// The last request.
    public let last: MonotonicInstant
    /// Seconds between the last two requests; `nil` where there was one only.
    public let lastInterval: Double?
    /// The mean interval in seconds, of some ten requests; `nil` where there was one only.
    public let averageInterval: Double?
    /// Bit n: there was a request of version n.
    public let versions: UInt8
    /// Bit n: there was a request of mode n.
    public let modes: UInt8
    /// Version and mode of the last request: version × 8 + mode.
    public let versionAndMode: UInt8
    /// Whether a request had a good authenticator.
    public let isAuthenticated: Bool

    init(_ record: ClientRecord) {
        address = IPAddress(wire: record.address)
        (port, count, drops) = (record.port, Int(record.count), Int(record.drops))
        (dropReasons, kisses) = (record.dropReasons, Int(record.kisses))
        (first, last) = (record.first, record.last)
        lastInterval = record.count > 1 ? Double(record.lastInterval) : nil
        averageInterval = record.count > 1 ? Double(record.averageInterval) : nil
        (versions, modes, versionAndMode) = (record.versions, record.modes, record.versionAndMode)
        isAuthenticated = record.isAuthenticated
    }
}

/// The table as reports show it, page by page.
extension ClientTable {
    /// Places that a listing goes through; grows with the table.
    public var placeCount: Int { tags.count }

    /// Clients by their place, which a client keeps until the table grows (chronyc's order).
    ///
    /// - Parameters:
    ///   - start: the place to begin at, 0 or `next` of the page before.
    ///   - limit: most clients of the page.
    /// - Returns: the clients, and where the next page begins; `nil` at the end.
    public func entries(from start: Int, limit: Int) -> (entries: [ClientEntry], next: Int?) {
        var entries: [ClientEntry] = []
        for place in max(0, start)..<max(0, start, tags.count) where tags[place] != 0 {
            if entries.count >= limit { return (entries, place) }
            entries.append(ClientEntry(records[place]))
        }
        return (entries, nil)
    }

    /// Clients by their last request, the longest ago first (ntpq's order).
    ///
    /// - Parameters:
    ///   - moment: only those whose last request is later; `nil` = all.
    ///   - limit: most clients of the page.
    /// - Returns: the clients; none at the end.
    /// - Complexity: O(n log n) in the clients remembered.
    public func entries(after moment: MonotonicInstant?, limit: Int) -> [ClientEntry] {
        let places = tags.indices.filter { place in
            tags[place] != 0 && moment.map { records[place].last > $0 } ?? true
        }
        return places.sorted { records[$0].last < records[$1].last }.prefix(max(0, limit)).map {
            ClientEntry(records[$0])
        }
    }
}
