/// An imagined way through a network: how long a request and its reply take.
public struct NetworkPath: Equatable, Sendable {
    /// Least delay of a request, seconds, 0+.
    public var requestDelay: Double
    /// Least delay of a reply, seconds, 0+.
    public var replyDelay: Double
    /// Mean of the exponential queueing delay of a request, seconds, 0+.
    public var requestQueueing: Double
    /// Mean of the exponential queueing delay of a reply, seconds, 0+.
    public var replyQueueing: Double
    /// Share of datagrams that are lost, each way, 0 ... 1.
    public var lossShare: Double

    /// A way that is the same there and back.
    ///
    /// - Parameters:
    ///   - delay: least delay one way, seconds.
    ///   - queueing: mean of the queueing delay one way, seconds.
    ///   - lossShare: share of datagrams lost each way.
    public init(delay: Double, queueing: Double = 0, lossShare: Double = 0) {
        (requestDelay, replyDelay) = (delay, delay)
        (requestQueueing, replyQueueing) = (queueing, queueing)
        self.lossShare = lossShare
    }

    /// One exchange.
    ///
    /// - Parameter random: source of all chance.
    /// - Returns: how long request and reply take, seconds; `nil` where either was lost.
    public func exchange(_ random: inout RandomSource) -> (request: Double, reply: Double)? {
        let isLost = random.nextUnit() < lossShare || random.nextUnit() < lossShare
        let request = requestDelay + requestQueueing * random.nextExponential()
        let reply = replyDelay + replyQueueing * random.nextExponential()
        return isLost ? nil : (request, reply)
    }
}
