/// A TSIP packet: identifier and data framed, each 10 doubled.
func tsip(_ body: [UInt8]) -> [UInt8] {
    [0x10] + body.flatMap { $0 == 0x10 ? [0x10, 0x10] : [$0] } + [0x10, 0x03]
}

/// A TSIP packet of version 1: two identifiers, data; length, mode (2, an answer) and checksum come with it.
func tsip1(_ first: UInt8, _ second: UInt8, _ data: [UInt8]) -> [UInt8] {
    let length = data.count + 2
    let body = [first, second, UInt8(length >> 8), UInt8(length & 0xff), 2] + data
    return tsip(body + [body.reduce(0, ^)])
}

/// An Oncore message: two letters and data; checksum and line end come with it.
func oncore(_ letters: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(letters.utf8) + data
    return Array("@@".utf8) + body + [body.reduce(0, ^), 0x0d, 0x0a]
}

/// Bytes of a number, the highest first.
func big(_ number: some FixedWidthInteger) -> [UInt8] {
    stride(from: number.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> $0) }
}

/// Bytes of hexadecimal digits.
func hex(_ digits: String) -> [UInt8] {
    let values = digits.compactMap(\.hexDigitValue)
    return stride(from: 0, to: values.count - 1, by: 2).map { UInt8(values[$0] * 16 + values[$0 + 1]) }
}

/// Whether a value is there, and near another.
func isNear(_ value: Double?, _ expected: Double, within tolerance: Double) -> Bool {
    guard let value else { return false }
    return abs(value - expected) <= tolerance
}
