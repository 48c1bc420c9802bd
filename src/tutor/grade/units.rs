//! The units of school books: what they measure and how many of the basic unit they are.

/// A unit: powers of metre, gram, second, ampere, kelvin, mole and bit, and how many of these it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Unit {
    pub(super) dims: [i8; 7],
    pub(super) factor: f64,
    /// Added after multiplying: the zero of a temperature.
    pub(super) zero: f64,
}

impl Unit {
    pub(super) const PERCENT: Self = Self::of([0; 7], 0.01);
    pub(super) const CELSIUS: Self = Self { zero: 273.15, ..Self::of(TEMPERATURE, 1.0) };
    pub(super) const FAHRENHEIT: Self = Self { zero: 273.15 - 32.0 * 5.0 / 9.0, ..Self::of(TEMPERATURE, 5.0 / 9.0) };
    /// The number of a century.
    pub(super) const CENTURY: Self = Self::of([0, 0, 1, 0, 0, 0, 99], 1.0);

    const fn of(dims: [i8; 7], factor: f64) -> Self {
        Self { dims, factor, zero: 0.0 }
    }

    /// The value in the basic unit.
    pub(super) fn basic(self, value: f64) -> f64 {
        value * self.factor + self.zero
    }

    pub(super) fn is_temperature(self) -> bool {
        self.dims == TEMPERATURE
    }

    pub(super) fn times(self, other: Self, power: i8) -> Self {
        let mut dims = self.dims;
        for (dim, more) in dims.iter_mut().zip(other.dims) {
            *dim = dim.saturating_add(more.saturating_mul(power));
        }
        Self { dims, factor: self.factor * other.factor.powi(power.into()), zero: 0.0 }
    }
}

const TEMPERATURE: [i8; 7] = [0, 0, 0, 0, 1, 0, 0];
const LENGTH: [i8; 7] = [1, 0, 0, 0, 0, 0, 0];
const MASS: [i8; 7] = [0, 1, 0, 0, 0, 0, 0];
const TIME: [i8; 7] = [0, 0, 1, 0, 0, 0, 0];
const VOLUME: [i8; 7] = [3, 0, 0, 0, 0, 0, 0];
const ENERGY: [i8; 7] = [2, 1, -2, 0, 0, 0, 0];
const PRESSURE: [i8; 7] = [-1, 1, -2, 0, 0, 0, 0];
const SPEED: [i8; 7] = [1, 0, -1, 0, 0, 0, 0];
const NUMBER: [i8; 7] = [0; 7];

/// Symbol, names, dimensions, factor: units that take the prefixes of the SI.
const PREFIXED: &[(&str, &[&str], [i8; 7], f64)] = &[
    ("m", &["metre", "meter"], LENGTH, 1.0),
    ("g", &["gram", "gramme"], MASS, 1.0),
    ("s", &["second", "sec"], TIME, 1.0),
    ("A", &["ampere", "amp"], [0, 0, 0, 1, 0, 0, 0], 1.0),
    ("K", &["kelvin"], TEMPERATURE, 1.0),
    ("mol", &["mole"], [0, 0, 0, 0, 0, 1, 0], 1.0),
    ("N", &["newton"], [1, 1, -2, 0, 0, 0, 0], 1e3),
    ("J", &["joule"], ENERGY, 1e3),
    ("W", &["watt"], [2, 1, -3, 0, 0, 0, 0], 1e3),
    ("Pa", &["pascal"], PRESSURE, 1e3),
    ("Hz", &["hertz"], [0, 0, -1, 0, 0, 0, 0], 1.0),
    ("C", &["coulomb"], [0, 0, 1, 1, 0, 0, 0], 1.0),
    ("V", &["volt"], [2, 1, -3, -1, 0, 0, 0], 1e3),
    ("F", &["farad"], [-2, -1, 4, 2, 0, 0, 0], 1e-3),
    ("ω", &["ohm"], [2, 1, -3, -2, 0, 0, 0], 1e3),
    ("T", &["tesla"], [0, 1, -2, -1, 0, 0, 0], 1e3),
    ("l", &["litre", "liter"], VOLUME, 1e-3),
    ("L", &[], VOLUME, 1e-3),
    ("B", &["byte"], [0, 0, 0, 0, 0, 0, 1], 8.0),
    ("bit", &["bit"], [0, 0, 0, 0, 0, 0, 1], 1.0),
    ("eV", &["electronvolt"], ENERGY, 1.602e-16),
    ("cal", &["calorie"], ENERGY, 4184.0 * 1e-3 * 1e3),
    ("bar", &["bar"], PRESSURE, 1e8),
    ("t", &["tonne", "ton"], MASS, 1e6),
];

/// Units as they are, in lower case.
const PLAIN: &[(&[&str], [i8; 7], f64)] = &[
    (&["minute", "min", "mins"], TIME, 60.0),
    (&["hour", "hr", "h", "hrs"], TIME, 3600.0),
    (&["day", "d"], TIME, 86_400.0),
    (&["week"], TIME, 604_800.0),
    (&["month"], TIME, 2_629_746.0),
    (&["year", "yr", "yrs"], TIME, 31_556_952.0),
    (&["decade"], TIME, 315_569_520.0),
    (&["century", "centurie", "centuary", "centurys"], TIME, 3_155_695_200.0),
    (&["millennium", "millennia", "millenium"], TIME, 31_556_952_000.0),
    (&["inch", "inche"], LENGTH, 0.0254),
    (&["foot", "feet", "ft"], LENGTH, 0.3048),
    (&["yard", "yd"], LENGTH, 0.9144),
    (&["mile", "mi"], LENGTH, 1609.344),
    (&["lightyear"], LENGTH, 9.4607e15),
    (&["pound", "lb"], MASS, 453.592),
    (&["ounce", "oz"], MASS, 28.3495),
    (&["kilo"], MASS, 1000.0),
    (&["gallon"], VOLUME, 0.003_785),
    (&["hectare", "ha"], [2, 0, 0, 0, 0, 0, 0], 1e4),
    (&["acre"], [2, 0, 0, 0, 0, 0, 0], 4046.86),
    (&["kmph", "kph", "kmh"], SPEED, 1.0 / 3.6),
    (&["mph"], SPEED, 0.447_04),
    (&["mps"], SPEED, 1.0),
    (&["knot"], SPEED, 0.514_444),
    (&["atm", "atmosphere"], PRESSURE, 101_325e3),
    (&["psi"], PRESSURE, 6894.76e3),
    (&["rpm"], [0, 0, -1, 0, 0, 0, 0], 1.0 / 60.0),
    (&["degree", "deg"], NUMBER, 0.017_453_292_5),
    (&["percent", "pct", "procent"], NUMBER, 0.01),
];

const SYMBOLS: &[(&str, f64)] = &[
    ("p", 1e-12),
    ("n", 1e-9),
    ("µ", 1e-6),
    ("μ", 1e-6),
    ("u", 1e-6),
    ("m", 1e-3),
    ("c", 1e-2),
    ("d", 1e-1),
    ("h", 1e2),
    ("k", 1e3),
    ("K", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
];
const NAMES: &[(&str, f64)] = &[
    ("nano", 1e-9),
    ("micro", 1e-6),
    ("milli", 1e-3),
    ("mili", 1e-3),
    ("centi", 1e-2),
    ("deci", 1e-1),
    ("hecto", 1e2),
    ("kilo", 1e3),
    ("mega", 1e6),
    ("giga", 1e9),
    ("tera", 1e12),
];

/// The unit that a word names; its case tells milli from mega where both are.
pub(super) fn unit(word: &str) -> Option<Unit> {
    let lower = word.to_lowercase();
    match lower.as_str() {
        "celsius" | "celcius" | "centigrade" | "celsuis" => return Some(Unit::CELSIUS),
        "fahrenheit" | "farenheit" | "fahrenhiet" | "farenheight" => return Some(Unit::FAHRENHEIT),
        "%" => return Some(Unit::PERCENT),
        _ => {}
    }
    let mega = word.starts_with('M') && word.len() == 2 && word.ends_with(['m', 'g', 'l']);
    let exact = if mega { None } else { symbol(word) };
    exact.or_else(|| plain(&lower)).or_else(|| named(&lower)).or_else(|| symbol(&lower))
}

fn symbol(word: &str) -> Option<Unit> {
    let bare = |word: &str| {
        PREFIXED.iter().find(|(symbol, ..)| *symbol == word).map(|(_, _, dims, factor)| Unit::of(*dims, *factor))
    };
    let word = if word == "Ω" { "ω" } else { word };
    bare(word).or_else(|| {
        SYMBOLS.iter().find_map(|(prefix, times)| {
            let unit = bare(word.strip_prefix(prefix)?)?;
            Some(Unit { factor: unit.factor * times, ..unit })
        })
    })
}

fn plain(lower: &str) -> Option<Unit> {
    let singular = lower.strip_suffix('s').unwrap_or(lower);
    let (_, dims, factor) =
        PLAIN.iter().find(|(names, ..)| names.contains(&lower) || lower.len() > 2 && names.contains(&singular))?;
    Some(Unit::of(*dims, *factor))
}

fn named(lower: &str) -> Option<Unit> {
    let singular = lower.strip_suffix('s').unwrap_or(lower);
    let bare = |word: &str| {
        let (.., dims, factor) = PREFIXED.iter().find(|(_, names, ..)| names.contains(&word))?;
        Some(Unit::of(*dims, *factor))
    };
    bare(singular).or_else(|| bare(lower)).or_else(|| {
        NAMES.iter().find_map(|(prefix, times)| {
            let unit = bare(singular.strip_prefix(prefix)?)?;
            Some(Unit { factor: unit.factor * times, ..unit })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_read_with_its_prefix_and_case() {
        for (one, value, other, expected) in [
            ("km", 5.0, "m", 5000.0),
            ("KM", 5.0, "m", 5000.0),
            ("kilometres", 1.0, "miles", 0.621_371),
            ("Mm", 1.0, "m", 0.001),
            ("ml", 1.0, "l", 0.001),
            ("kg", 1.0, "grams", 1000.0),
            ("h", 1.0, "minutes", 60.0),
            ("kmph", 3.6, "mps", 1.0),
            ("fahrenheit", 212.0, "celsius", 100.0),
            ("K", 273.15, "celsius", 0.0),
            ("MHz", 1.0, "kHz", 1000.0),
            ("MB", 1.0, "kB", 1000.0),
        ] {
            let (a, b) = (unit(one).expect(one), unit(other).expect(other));
            assert_eq!(a.dims, b.dims, "{one} {other}");
            assert!(
                (a.basic(value) - b.basic(expected)).abs() < 1e-3 * b.basic(expected).abs().max(1.0),
                "{one} {other}"
            );
        }
        assert!(unit("banana").is_none() && unit("").is_none());
    }
}
