//! Whether a word is another one misspelt, and not another word: "mitosys" is "mitosis", "meiosis" is not.

use crate::passage::words::stem;

/// How well a word or phrase agrees with what was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    No,
    /// It may be a slip of the pen or another word.
    Maybe,
    Yes,
}

/// Words that look alike and mean different things.
const ALIKE: &[&[&str]] = &[
    &["mitosis", "meiosis"],
    &["readable", "writable", "writeable"],
    &["anode", "cathode"],
    &["anion", "cation", "action", "onion"],
    &["absorption", "adsorption"],
    &["afferent", "efferent"],
    &["affect", "effect"],
    &["altitude", "latitude", "attitude"],
    &["artery", "arteriole"],
    &["astronomy", "astrology"],
    &["austria", "australia"],
    &["cellulose", "cellulase"],
    &["celsius", "census"],
    &["centriole", "centromere", "centrosome"],
    &["chlorine", "chloride", "fluorine"],
    &["chromatin", "chromatid"],
    &["chloroplast", "chromoplast"],
    &["community", "immunity"],
    &["concave", "convex"],
    &["conduction", "convection", "induction", "connection"],
    &["conductor", "inductor"],
    &["carbon", "carton"],
    &["cohesion", "adhesion", "collision"],
    &["complement", "compliment"],
    &["condensation", "conservation"],
    &["diffraction", "refraction", "reflection"],
    &["dessert", "desert"],
    &["egypt", "egyptian"],
    &["erosion", "corrosion", "explosion"],
    &["evaporation", "transpiration"],
    &["evolution", "revolution"],
    &["fission", "fusion"],
    &["friction", "fiction", "fraction"],
    &["genotype", "phenotype", "genome"],
    &["glucose", "glucagon", "glycogen", "galactose", "fructose", "lactose", "sucrose"],
    &["hindi", "hindu"],
    &["inspiration", "expiration", "respiration", "perspiration", "transpiration"],
    &["ion", "iron"],
    &["iran", "iraq"],
    &["isobar", "isotherm"],
    &["isotope", "isomer"],
    &["immigration", "emigration", "migration"],
    &["ligament", "filament"],
    &["lysosome", "ribosome", "liposome"],
    &["magnesium", "manganese"],
    &["mali", "malawi"],
    &["mars", "marx", "mass"],
    &["meteor", "meteorite", "meteoroid"],
    &["mineral", "mural"],
    &["methane", "ethane"],
    &["methanol", "ethanol"],
    &["neuron", "neutron"],
    &["niger", "nigeria", "nile"],
    &["nucleus", "nucleolus"],
    &["nuclear", "unclear"],
    &["ovary", "ovule", "ovum"],
    &["persian", "prussian", "russian", "parisian"],
    &["pistil", "pistol"],
    &["population", "pollution"],
    &["precipitation", "participation"],
    &["proton", "photon", "protein"],
    &["quark", "quartz"],
    &["reactant", "reactance"],
    &["republic", "public"],
    &["sexual", "asexual"],
    &["biotic", "abiotic"],
    &["slovakia", "slovenia"],
    &["solvent", "solute", "solution"],
    &["stalactite", "stalagmite"],
    &["stationary", "stationery"],
    &["sunni", "sunny"],
    &["sweden", "sudan"],
    &["switzerland", "swaziland"],
    &["sodium", "podium"],
    &["thymine", "thiamine"],
    &["tendon", "tenon"],
    &["transcription", "translation"],
    &["transpiration", "transportation"],
    &["ureter", "urethra"],
    &["vacuole", "vesicle"],
    &["vein", "venule"],
    &["vector", "victor"],
    &["weather", "whether", "wether"],
    &["xylem", "phloem"],
    &["electron", "election"],
    &["alkali", "alkane", "alkene", "alkyne"],
    &["byte", "bit"],
    &["parallel", "perpendicular"],
    &["prophase", "interphase"],
    &["axon", "axiom"],
    &["amylase", "amylose"],
    &["lipase", "lipids"],
    &["insulin", "insulation"],
    &["monarchy", "oligarchy"],
    &["dominant", "recessive", "dormant"],
    &["ganges", "indus", "hindus"],
    &["tundra", "taiga"],
    &["crust", "crest"],
    &["trough", "through"],
    &["compiler", "compiled"],
];

/// Beginnings that turn a word into another one.
const PREFIXES: &[&str] = &[
    "ab", "ad", "anti", "bi", "chemo", "con", "di", "down", "ecto", "em", "endo", "ex", "exo", "geo", "helio",
    "hetero", "homo", "hydro", "hyper", "hypo", "im", "in", "inter", "intra", "iso", "macro", "micro", "mono", "multi",
    "out", "over", "photo", "poly", "post", "pre", "sub", "super", "tele", "tetra", "thermo", "tri", "under", "uni",
    "up",
];
/// Beginnings that turn a word into its opposite.
const OPPOSING: &[&str] = &["un", "non", "in", "im", "ir", "il", "dis", "anti", "mis", "de"];
/// Endings of which another one makes another word.
const ENDINGS: &[&[&str]] = &[
    &["ate", "ite", "ide", "ates", "ites", "ides"],
    &["ane", "ene", "yne", "anes", "enes", "ynes"],
    &["ase", "ose"],
    &["er", "ee"],
    &["cyte", "blast", "clast"],
    &["ism", "ist"],
    &["able", "less"],
    &["ful", "less"],
];
/// Plural endings of Latin and Greek words, and others that no stemmer knows.
const PLURALS: &[(&str, &str)] = &[
    ("a", "um"),
    ("a", "on"),
    ("i", "us"),
    ("ae", "a"),
    ("ices", "ex"),
    ("ices", "ix"),
    ("es", "is"),
    ("men", "man"),
    ("feet", "foot"),
    ("teeth", "tooth"),
    ("mice", "mouse"),
    ("ves", "f"),
    ("ves", "fe"),
    ("people", "person"),
    ("as", "a"),
    ("as", "on"),
    ("ies", "y"),
];

/// Whether `said` is the word `expected`; `others` are words that it may be instead.
pub(super) fn fit(expected: &str, said: &str, others: &[String]) -> Fit {
    if same(expected, said) {
        return Fit::Yes;
    }
    let length = expected.chars().count();
    let has_digit = |word: &str| word.chars().any(|c| c.is_ascii_digit());
    if length < 4 || said.chars().count() < 3 || has_digit(expected) || has_digit(said) {
        return Fit::No;
    }
    if said.chars().count() > 40 || length.abs_diff(said.chars().count()) > 4 || turned(expected, said) {
        return Fit::No;
    }
    if others.iter().any(|other| same(other, said) && !same(other, expected)) {
        return Fit::No;
    }
    let (wanted, given) = (sound(expected), sound(said));
    let away = apart(expected, said, &wanted, &given);
    let fit = match (length, away) {
        (_, 0) => Fit::Yes,
        (4..=5, 1) => Fit::Maybe,
        (6.., 1) | (9.., 2) => Fit::Yes,
        (7.., 2) | (9.., 3) => Fit::Maybe,
        _ => return Fit::No,
    };
    let nearer = |other: &str| !same(other, expected) && apart(other, said, &sound(other), &given) <= away;
    let alike: Vec<&str> = ALIKE
        .iter()
        .filter(|group| group.iter().any(|word| same(word, expected)))
        .copied()
        .flatten()
        .copied()
        .collect();
    if alike.iter().any(|other| same(other, said) && !same(other, expected)) {
        return Fit::No;
    }
    let unclear =
        alike.iter().any(|other| nearer(other)) || others.iter().any(|other| other.len() > 3 && nearer(other));
    if unclear { fit.min(Fit::Maybe) } else { fit }
}

/// Letters between two words, or what is left of them where both are written as they sound.
fn apart(a: &str, b: &str, sound_a: &str, sound_b: &str) -> usize {
    let by_sound = distance(sound_a, sound_b);
    distance(a, b).min(if by_sound == 0 { 0 } else { by_sound + 1 })
}

/// Whether two words are forms of one.
pub(super) fn same(a: &str, b: &str) -> bool {
    if a == b || stem(a) == stem(b) {
        return true;
    }
    let plural = |one: &str, many: &str| {
        PLURALS.iter().any(|(plural, singular)| {
            let roots = (many.strip_suffix(plural), one.strip_suffix(singular));
            matches!(roots, (Some(many), Some(one)) if many == one && (one.len() > 2 || plural.len() > 3))
        })
    };
    a.len() > 2 && b.len() > 2 && (plural(a, b) || plural(b, a))
}

/// Whether the words differ in a part that makes another word of it.
fn turned(a: &str, b: &str) -> bool {
    let opposed = |a: &str, b: &str| {
        OPPOSING.iter().any(|prefix| {
            b.strip_prefix(prefix).is_some_and(|rest| distance(rest, a) <= 1 && a.len() > 2 && same(rest, a))
        })
    };
    if opposed(a, b) || opposed(b, a) {
        return true;
    }
    let parts = |word: &'_ str| -> Vec<(usize, String)> {
        PREFIXES.iter().enumerate().filter_map(|(i, prefix)| Some((i, word.strip_prefix(prefix)?.to_owned()))).collect()
    };
    let others = parts(b);
    let begins = parts(a).iter().any(|(i, rest)| {
        others.iter().any(|(j, other)| i != j && rest.len() > 2 && other.len() > 2 && distance(rest, other) <= 1)
    });
    let ends = ENDINGS.iter().any(|group| {
        let cut = |word: &str| {
            group.iter().filter_map(|ending| Some((*ending, word.strip_suffix(ending)?.to_owned()))).collect::<Vec<_>>()
        };
        let others = cut(b);
        cut(a).iter().any(|(ending, root)| {
            others.iter().any(|(other, rest)| {
                ending.trim_end_matches('s') != other.trim_end_matches('s') && root == rest && root.len() > 2
            })
        })
    });
    begins || ends
}

/// About how a word sounds, and one of several spellings of it.
fn sound(word: &str) -> String {
    let mut word = word.to_owned();
    for (from, to) in [
        ("ph", "f"),
        ("ae", "e"),
        ("oe", "e"),
        ("our", "or"),
        ("ck", "k"),
        ("qu", "kw"),
        ("y", "i"),
        ("ce", "se"),
        ("ci", "si"),
        ("tre", "ter"),
        ("c", "k"),
        ("z", "s"),
        ("ie", "i"),
        ("ee", "i"),
        ("ea", "i"),
        ("th", "t"),
        ("dg", "g"),
        ("gh", "g"),
    ] {
        word = word.replace(from, to);
    }
    for (from, to) in [("kn", "n"), ("wr", "r"), ("ps", "s")] {
        if let Some(rest) = word.strip_prefix(from) {
            word = format!("{to}{rest}");
        }
    }
    let mut letters: Vec<char> = word.chars().collect();
    letters.dedup();
    letters.into_iter().collect()
}

/// Letters to add, leave out, change or swap with their neighbour to come from one word to the other.
pub(super) fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                let best = change.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                if swap { best.min(rows[i - 2][j - 2] + 1) } else { best }
            };
        }
    }
    rows[a.len()][b.len()]
}

/// The same of phrases: word by word, or written as one word.
pub(super) fn phrase_fit(expected: &[String], said: &[String], others: &[String]) -> Fit {
    if expected.is_empty() || said.is_empty() {
        return Fit::No;
    }
    let (wanted, given) = (expected.concat(), said.concat());
    if wanted == given {
        return Fit::Yes;
    }
    if expected.len() != said.len() {
        let near = expected.len().abs_diff(said.len()) == 1 && wanted.chars().count() > 5;
        return if near { fit(&wanted, &given, others) } else { Fit::No };
    }
    let fits: Vec<Fit> = expected.iter().zip(said).map(|(wanted, given)| fit(wanted, given, others)).collect();
    let lowest = fits.iter().copied().min().unwrap_or(Fit::No);
    // Where the other words are right, a word one letter off is this word.
    let mended = lowest == Fit::Maybe
        && fits.contains(&Fit::Yes)
        && expected.iter().zip(said).all(|(wanted, given)| distance(wanted, given) <= 1);
    if mended { Fit::Yes } else { lowest }
}
