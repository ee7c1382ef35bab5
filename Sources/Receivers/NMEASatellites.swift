import TimeScale

/// Whose satellites a GSA or GSV is about: the talker's two letters, and the system where the sentence tells it.
struct NMEASystem: Hashable, Sendable {
    let talker: UInt16
    /// NMEA 4.1: 1 GPS, 2 GLONASS, 3 Galileo, 4 BeiDou, 5 QZSS, 6 NavIC.
    let identifier: Int?

    init(_ text: Span<UInt8>, identifier: Int?) {
        talker = UInt16(text[0]) << 8 | UInt16(text[1])
        self.identifier = identifier
    }

    /// Whose a satellite is: by the system, else by the talker, and where that speaks for several by the number.
    ///
    /// GPS receivers number the satellites of others with 33 ... 64 (augmentation), 65 ... 96 (GLONASS) and 193 ... 202
    /// (QZSS), NMEA 0183 §GSV.
    func constellation(of number: Int) -> Satellite.Constellation {
        let own: Satellite.Constellation? =
            switch identifier {
            case 1: .gps
            case 2: .glonass
            case 3: .galileo
            case 4: .beiDou
            case 5: .qzss
            case 6: .navIC
            default: ofTalker
            }
        guard own == nil || own == .gps else { return own ?? .unknown }
        switch number {
        case 1...32: return .gps
        case 33...64, 120...158: return .sbas
        case 65...96: return .glonass
        case 193...202: return .qzss
        default: return own ?? .unknown
        }
    }

    private var ofTalker: Satellite.Constellation? {
        switch (UInt8(talker >> 8), UInt8(talker & 0xff)) {
        case (UInt8(ascii: "G"), UInt8(ascii: "P")): .gps
        case (UInt8(ascii: "G"), UInt8(ascii: "L")): .glonass
        case (UInt8(ascii: "G"), UInt8(ascii: "A")): .galileo
        case (UInt8(ascii: "G"), UInt8(ascii: "B")), (UInt8(ascii: "B"), UInt8(ascii: "D")): .beiDou
        case (UInt8(ascii: "G"), UInt8(ascii: "Q")), (UInt8(ascii: "Q"), UInt8(ascii: "Z")): .qzss
        case (UInt8(ascii: "G"), UInt8(ascii: "I")): .navIC
        default: nil
        }
    }
}

/// GSA: 2 kind of solution, 3 ... 14 satellites in it, 15 ... 17 dilutions, 18 system (NMEA 4.1).
struct NMEASolution: Equatable, Sendable {
    let system: NMEASystem
    /// None, plane or space.
    let fix: ReceiverStatus.Fix
    /// Numbers of the satellites in the solution.
    let satellites: [Int]
    /// Dilution of precision in space and in the plane.
    let positionDilution: Double?, horizontalDilution: Double?

    init?(_ fields: NMEAFields, in text: Span<UInt8>) {
        switch fields.character(2, in: text) {
        case UInt8(ascii: "1"): fix = .none
        case UInt8(ascii: "2"): fix = .plane
        case UInt8(ascii: "3"): fix = .space
        default: return nil
        }
        system = NMEASystem(text, identifier: fields.integer(18, in: text))
        satellites = (3...14).compactMap { fields.integer($0, in: text) }
        positionDilution = NMEAReport.dilution(15, fields, in: text)
        horizontalDilution = NMEAReport.dilution(16, fields, in: text)
    }
}

/// GSV: 1 sentences, 2 number of this one, 3 satellites in view, then number, elevation, azimuth and C/N0 of up to four;
/// after them the signal (NMEA 4.1), and from some Quectel receivers the system.
struct NMEASatellites: Equatable, Sendable {
    let system: NMEASystem
    /// Sentences in the group, and which of them this is; 1 and more.
    let total: Int, index: Int
    /// The signal, 0 where it is not told.
    let signal: Int
    /// The satellites, whether or not they are tracked.
    let satellites: [Satellite]

    init?(_ fields: NMEAFields, in text: Span<UInt8>) {
        guard let total = fields.integer(1, in: text), let index = fields.integer(2, in: text), fields.count >= 4,
            (1...16).contains(total), (1...total).contains(index)
        else { return nil }
        let others = (fields.count - 4) % 4
        let isQuectel = text[0] == UInt8(ascii: "P")
        guard others == 0 || others == 1 || others == 2 && isQuectel else { return nil }
        let last = fields.count - others
        // The signal is a hexadecimal digit; letters stand for signals of QZSS and NavIC that need no telling apart.
        signal = others > 0 ? fields.integer(last, in: text) ?? 15 : 0
        system = NMEASystem(text, identifier: others == 2 ? fields.integer(last + 1, in: text) : nil)
        (self.total, self.index) = (total, index)
        satellites = stride(from: 4, to: last, by: 4).compactMap { [system] field in
            guard let number = fields.integer(field, in: text) else { return nil }
            let elevation = fields.integer(field + 1, in: text).flatMap { (-90...90).contains($0) ? $0 : nil }
            let azimuth = fields.integer(field + 2, in: text).flatMap { (0...360).contains($0) ? $0 : nil }
            let strength = fields.integer(field + 3, in: text).flatMap { (0...99).contains($0) ? $0 : nil }
            return Satellite(
                system.constellation(of: number), number, signal: strength ?? 0, elevation: elevation, azimuth: azimuth)
        }
    }
}

/// Satellites in view and in the solution, put together from many sentences.
struct NMEASky: Sendable {
    /// What one talker says about one system.
    private struct View {
        var system: NMEASystem
        var satellites: [Satellite] = []
        /// Signals that are in `satellites`, a bit for each.
        var signals: UInt16 = 0
        /// When the last sentence came, time of day.
        var told: Interval?
        /// The sentence that must come next; 0 where one was lost and the group is of no use.
        var next = 1
    }

    private var views: [View] = []
    /// The sentences of the current solution, one for each system.
    private var solutions: [NMEASolution] = []
    private var isInSolution = false

    /// Takes part of a solution.
    ///
    /// Sentences that follow each other belong together; a system that comes again after others begins a new solution.
    ///
    /// - Returns: the best of its parts.
    mutating func take(_ solution: NMEASolution) -> ReceiverStatus.Fix {
        if !isInSolution, solutions.contains(where: { $0.system == solution.system }) || solutions.count >= Self.most {
            solutions.removeAll(keepingCapacity: true)
        }
        isInSolution = true
        if solutions.count < Self.most { solutions.append(solution) }
        let fixes = solutions.map(\.fix)
        return fixes.contains(.space) ? .space : fixes.contains(.plane) ? .plane : .none
    }

    /// Notes that a sentence other than GSA has come.
    mutating func endSolution() { isInSolution = false }

    /// Forgets talkers that have fallen silent.
    ///
    /// - Parameter isOver: whether what was told at a time of day is no longer so.
    /// - Returns: whether there were any.
    mutating func forget(_ isOver: (inout Interval?) -> Bool) -> Bool {
        let count = views.count
        var place = 0
        while place < views.count {
            if isOver(&views[place].told) { views.remove(at: place) } else { place += 1 }
        }
        return views.count < count
    }

    /// Takes satellites.
    ///
    /// - Returns: all satellites in view, where this sentence was the last of its group; the better signal of each.
    mutating func take(_ group: NMEASatellites, at timeOfDay: Interval?) -> [Satellite]? {
        let place = views.firstIndex { $0.system == group.system } ?? views.endIndex
        if place == views.endIndex {
            guard views.count < Self.most else { return nil }
            views.append(View(system: group.system))
        }
        views[place].told = timeOfDay
        let signal = UInt16(1) << UInt16(group.signal & 15)
        if group.index == 1 {
            if views[place].signals & signal != 0 { (views[place].satellites, views[place].signals) = ([], 0) }
            views[place].next = 1
        }
        guard group.index == views[place].next else {
            views[place].next = 0
            return nil
        }
        views[place].next += 1
        views[place].signals |= signal
        for satellite in group.satellites { Self.add(satellite, to: &views[place].satellites) }
        return group.index == group.total ? all() : nil
    }

    /// All satellites in view; those in the solution are marked.
    func all() -> [Satellite] {
        var satellites: [Satellite] = []
        for view in views {
            for var satellite in view.satellites {
                satellite.isUsed = isUsed(satellite)
                Self.add(satellite, to: &satellites)
            }
        }
        return satellites
    }

    private func isUsed(_ satellite: Satellite) -> Bool {
        solutions.contains { solution in
            solution.satellites.contains {
                $0 == satellite.number && solution.system.constellation(of: $0) == satellite.constellation
            }
        }
    }

    /// Adds a satellite; one that is there already gets the better signal.
    static func add(_ satellite: Satellite, to satellites: inout [Satellite]) {
        let place = satellites.firstIndex {
            $0.number == satellite.number && $0.constellation == satellite.constellation
        }
        guard let place else {
            if satellites.count < mostSatellites { satellites.append(satellite) }
            return
        }
        satellites[place].signal = max(satellites[place].signal, satellite.signal)
        satellites[place].isUsed = satellites[place].isUsed || satellite.isUsed
        satellites[place].elevation = satellites[place].elevation ?? satellite.elevation
        satellites[place].azimuth = satellites[place].azimuth ?? satellite.azimuth
    }

    /// Talkers and systems: there are seven systems, and a receiver may name each by itself and for all.
    private static let most = 16
    /// Satellites in view: more than twice what a receiver of four systems sees from anywhere (60).
    private static let mostSatellites = 160
}
