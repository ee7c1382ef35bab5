import func Glibc.exp
import func Glibc.log

extension Double {
    /// Natural logarithm.
    var logarithm: Double { log(self) }
    /// e to this power.
    var exponential: Double { exp(self) }
}
