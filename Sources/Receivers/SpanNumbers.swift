/// Numbers in packets. An offset beyond the end is a programmer's error: every parser compares the length first.
extension Span<UInt8> {
    /// Two bytes, the low one first.
    func littleUInt16(_ offset: Int) -> UInt16 { UInt16(self[offset]) | UInt16(self[offset + 1]) << 8 }

    /// Four bytes, the lowest first.
    func littleUInt32(_ offset: Int) -> UInt32 {
        UInt32(littleUInt16(offset)) | UInt32(littleUInt16(offset + 2)) << 16
    }

    /// Two bytes, the low one first, two's complement.
    func littleInt16(_ offset: Int) -> Int16 { Int16(bitPattern: littleUInt16(offset)) }

    /// Four bytes, the lowest first, two's complement.
    func littleInt32(_ offset: Int) -> Int32 { Int32(bitPattern: littleUInt32(offset)) }

    /// One byte, two's complement.
    func int8(_ offset: Int) -> Int8 { Int8(bitPattern: self[offset]) }

    /// Two bytes, the high one first.
    func bigUInt16(_ offset: Int) -> UInt16 { UInt16(self[offset]) << 8 | UInt16(self[offset + 1]) }

    /// Four bytes, the highest first.
    func bigUInt32(_ offset: Int) -> UInt32 { UInt32(bigUInt16(offset)) << 16 | UInt32(bigUInt16(offset + 2)) }

    /// Two bytes, the high one first, two's complement.
    func bigInt16(_ offset: Int) -> Int16 { Int16(bitPattern: bigUInt16(offset)) }

    /// Four bytes, the highest first, two's complement.
    func bigInt32(_ offset: Int) -> Int32 { Int32(bitPattern: bigUInt32(offset)) }

    /// IEEE 754 single precision, the highest byte first.
    func bigFloat(_ offset: Int) -> Float { Float(bitPattern: bigUInt32(offset)) }

    /// IEEE 754 double precision, the highest byte first.
    func bigDouble(_ offset: Int) -> Double {
        Double(bitPattern: UInt64(bigUInt32(offset)) << 32 | UInt64(bigUInt32(offset + 4)))
    }

    /// Printable ASCII up to the first zero byte, other characters left out.
    func text(_ range: Range<Int>) -> String {
        var text = ""
        for offset in range {
            guard self[offset] != 0 else { break }
            if (0x20...0x7e).contains(self[offset]) { text.unicodeScalars.append(Unicode.Scalar(self[offset])) }
        }
        return text
    }
}
