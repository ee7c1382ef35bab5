import ConfigurationLanguage
import LinuxSystem
import NTPServer
import Reports
import Synchronization

/// An address at which every desk has a socket, or a group at which the first one has.
struct Binding {
    /// The address as text, or the group.
    let text: String
    /// The address without its interface.
    let address: IPAddress
    /// The interface that it is an address of; `nil` for wildcards and groups that name none.
    let interface: String?
    /// The interface's number when it was bound, which a new interface of the same name has not; 0 for none.
    let interfaceIndex: UInt32
    /// One for each desk in turn.
    let sockets: [ServiceSocket]

    /// Whether every address of a family is meant.
    var isWildcard: Bool { ListenAddresses.everything.contains(text) }
}

extension TimeServer {
    /// Binds what is not bound yet, lets go of what is on an interface that has been made anew, and reports each thing that
    /// fails once.
    ///
    /// - Returns: the last error.
    mutating func bind(_ log: Log) -> SystemError? {
        var last: SystemError?
        let local = (try? NetworkInterfaces.addresses()) ?? []
        dropStale()
        for text in ListenAddresses.select(configuration.listenRules, local: local)
        where !bindings.contains(where: { $0.text == text }) {
            do throws(SystemError) {
                try bind(text, local: local, log)
                failed.removeAll { $0 == text }
                log.info("serving NTP on \(text) port \(configuration.port)")
            } catch {
                last = error
                report(text, "\(error), will try again", log)
            }
        }
        for group in configuration.manycastGroups { hear(group, log) }
        return last
    }

    /// The socket to broadcast to a group by: of every address, or of the named interface, or of the address that is the
    /// most like the group's; never from this machine to itself, where the group is not so.
    func sender(for group: GroupAddress) -> ServiceSocket? {
        let candidates = bindings.filter {
            $0.address.family == group.address.family && !$0.address.isMulticast
                && ($0.isWildcard || $0.address.isLoopback == group.address.isLoopback)
        }
        let best =
            candidates.first { $0.isWildcard } ?? candidates.first {
                $0.interface == group.interface && $0.interface != nil
            }
            ?? candidates.max { $0.address.likeness(group.address) < $1.address.likeness(group.address) }
        return best?.sockets.first
    }

    /// Says once what fails, until it goes well again.
    mutating func report(_ text: String, _ message: String, _ log: Log) {
        guard !failed.contains(text) else { return }
        failed.append(text)
        log.warning(message)
    }

    private mutating func bind(_ text: String, local: [LocalAddress], _ log: Log) throws(SystemError) {
        let parts = text.split(separator: "%", maxSplits: 1)
        guard let address = parts.first.flatMap({ IPAddress(String($0)) }) else { return }
        let interface = local.first { $0.text == text }?.interface
        let sockets = try openSockets(text, local: local, log)
        for (worker, socket) in zip(workers, sockets) { worker.add(socket) }
        bindings.append(
            Binding(
                text: text, address: address, interface: interface,
                interfaceIndex: interface.flatMap { NetworkInterfaces.index(of: $0) } ?? 0, sockets: sockets))
    }

    /// Closes what is bound to an interface that is not there any more.
    private mutating func dropStale() {
        for binding in bindings {
            guard let interface = binding.interface,
                NetworkInterfaces.index(of: interface) ?? 0 != binding.interfaceIndex
            else { continue }
            for (worker, socket) in zip(workers, binding.sockets) { worker.remove(socket) }
            bindings.removeAll { $0.text == binding.text }
        }
    }

    /// Hears a group, if that is not so yet: by the first desk's wildcard socket where there is one, else by one of its own.
    private mutating func hear(_ group: GroupAddress, _ log: Log) {
        let index = group.interface.flatMap { NetworkInterfaces.index(of: $0) } ?? 0
        guard joined[group] != index else { return }
        let text = "requests to \(group)"
        do throws(SystemError) {
            let wildcard = bindings.first { $0.isWildcard && $0.address.family == group.address.family }
            if wildcard == nil, !bindings.contains(where: { $0.text == group.description }) {
                let socket = ServiceSocket(
                    try NTPSocket(
                        address: group.address.description, port: configuration.port, isGroup: true,
                        differentiatedServices: configuration.differentiatedServices))
                workers[0].add(socket)
                bindings.append(
                    Binding(
                        text: group.description, address: group.address, interface: group.interface,
                        interfaceIndex: index, sockets: [socket]))
            }
            let binding = wildcard ?? bindings.first { $0.text == group.description }
            if group.address.isMulticast {
                try binding?.sockets.first?.socket.join(
                    group: group.address.description, interface: group.interface)
            }
            joined[group] = index
            failed.removeAll { $0 == text }
            log.info("answering requests to \(group)")
        } catch {
            report(text, "\(text): \(error), will try again", log)
        }
    }

    /// A socket for each worker at one address.
    private func openSockets(
        _ address: String, local: [LocalAddress], _ log: Log
    ) throws(SystemError) -> [ServiceSocket] {
        // Sockets that share a port share it with any program of the same user: nobody else may have it before.
        let isShared = workers.count > 1
        if isShared { _ = try NTPSocket(address: address, port: configuration.port) }
        var sockets: [ServiceSocket] = []
        for _ in workers {
            sockets.append(
                ServiceSocket(
                    try NTPSocket(
                        address: address, port: configuration.port, sharesPort: isShared,
                        differentiatedServices: configuration.differentiatedServices,
                        usesHardwareStamps: StampingCards.serve(
                            address, rules: configuration.hardwareTimestamps, local: local))))
        }
        guard isShared, let any = sockets.first else { return sockets }
        do throws(SystemError) {
            try any.socket.steerClients(
                over: workers.count, ipv4Prefix: configuration.clientTable.ipv4Prefix,
                ipv6Prefix: configuration.clientTable.ipv6Prefix, secret: steeringSecret)
        } catch {
            log.info("\(error); a client may be counted by more than one worker")
        }
        return sockets
    }
}

extension IPAddress {
    /// Whether it is this machine itself: 127.0.0.0/8 or ::1.
    fileprivate var isLoopback: Bool { family == .v4 ? low >> 24 == 127 : high == 0 && low == 1 }

    /// How many leading bits two addresses of one family share.
    fileprivate func likeness(_ other: IPAddress) -> Int {
        high != other.high ? (high ^ other.high).leadingZeroBitCount : 64 + (low ^ other.low).leadingZeroBitCount
    }
}
