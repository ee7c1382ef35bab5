// HOT PATH

/// The cards that stamp packets, as one thread publishes them and any number of others read them, without a lock.
public final class PublishedCards: Sendable {
    /// How many there can be.
    public static let capacity = 8

    private let places: InlineArray<8, PublishedWords<9>>

    /// No cards yet.
    public init() {
        places = InlineArray { _ in PublishedWords(StampingCard.none.words) }
    }

    /// Puts a card into a place, 0 ..< `capacity`, or empties it with `.none`; by one thread only.
    public func publish(_ card: StampingCard, place: Int) { places[place].publish(card.words) }

    /// The card of an interface; `nil` where it has none, or its clock is not known yet.
    public func card(ofInterface interface: UInt32) -> StampingCard? {
        guard interface != 0 else { return nil }
        for place in places.indices {
            let card = StampingCard(words: places[place].read())
            if card.interface == interface { return card }
        }
        return nil
    }
}
