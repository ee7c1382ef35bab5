import func Glibc.erfc
import func Glibc.exp
import func Glibc.log

extension Double {
    /// Natural logarithm.
    var logarithm: Double { log(self) }
    /// e to this power.
    var exponential: Double { exp(self) }

    /// ln Φ, Φ being the normal distribution function.
    ///
    /// Below −30 by its asymptotic series (Abramowitz and Stegun 26.2.12), where erfc is about to vanish.
    var logNormal: Double {
        guard self < -30 else { return (erfc(-self * 0.5.squareRoot()) / 2).logarithm }
        let square = self * self
        return -square / 2 - (-self * 2.506_628_274_631).logarithm + (1 - 1 / square + 3 / (square * square)).logarithm
    }

    /// φ/Φ: the mean by which a normal value cut at −self exceeds its centre, in standard deviations.
    var normalHazard: Double { (-self * self / 2 - 0.918_938_533_204_673 - logNormal).exponential }
}
