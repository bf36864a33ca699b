//! How like two lists of terms are, and from when on a document tells what a group tells.

use super::vocabulary::{TermId, Vocabulary};

/// What a term is, in the low bits of its mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Word,
    Stem,
    Name,
    Number,
}

impl Class {
    /// What it weighs beside a common word: by these weights events that are told in shared phrasing are told apart.
    pub fn weight(self) -> f32 {
        match self {
            Class::Word => 1.0,
            Class::Stem => 0.5,
            Class::Name => 3.0,
            Class::Number => 2.0,
        }
    }
}

const CLASSES: [Class; 4] = [Class::Word, Class::Stem, Class::Name, Class::Number];

/// A term with its weight, eight bytes. Lists of them are sorted by term.
#[derive(Clone, Copy, Debug)]
pub(super) struct Term {
    mark: u32,
    pub weight: f32,
}

impl Term {
    pub fn new(id: TermId, class: Class, weight: f32) -> Self {
        Self { mark: id << 2 | class as u32, weight }
    }

    pub fn id(self) -> TermId {
        self.mark >> 2
    }

    pub fn class(self) -> Class {
        CLASSES[(self.mark & 3) as usize]
    }
}

/// What a list of terms weighs in all, by the rarity of its terms.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Weight {
    /// The sum of the squares of all terms.
    all: f32,
    /// The sum of the rarity of names.
    names: f32,
    number_count: u32,
}

impl Weight {
    pub fn of(terms: &[Term], vocabulary: &Vocabulary) -> Self {
        terms
            .iter()
            .fold(Self::default(), |sum, term| sum.with(term.class(), term.weight, vocabulary.rarity_of(term.id())))
    }

    pub fn with(mut self, class: Class, weight: f32, rarity: f32) -> Self {
        self.all += (weight * rarity) * (weight * rarity);
        match class {
            Class::Word | Class::Stem => {}
            // A name that one of ten members has is a tenth of the group's.
            Class::Name => self.names += (weight / class.weight()).min(1.0) * rarity,
            Class::Number => self.number_count += 1,
        }
        self
    }
}

/// What a document has in common with a group.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Likeness {
    /// The cosine of all terms.
    all: f32,
    /// The share of the rarity of names, of whichever side has less; `None` when one side has none.
    names: Option<f32>,
    /// Both have several numbers and share none.
    clash: bool,
    /// Names and numbers in common, each divided by the number of groups that have it.
    own_names: f32,
    own_numbers: f32,
    /// Words in common that others have too.
    template: f32,
}

/// A term of a document that others have too.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub term: Term,
    pub rarity: f32,
    /// The groups that have it, as [`Vocabulary::company_of`] counts them.
    pub company: f32,
}

/// Compares the terms of a group with those of a document, which `known` finds.
pub(super) fn compare<'a>(
    theirs: &[Term],
    known: impl Fn(TermId) -> Option<&'a Known>,
    my_weight: &Weight,
    weight: &Weight,
) -> Likeness {
    let mut like = Likeness::default();
    let (mut all, mut names, mut numbers) = (0.0, 0.0, 0);
    for y in theirs {
        let Some(known) = known(y.id()) else { continue };
        let x = known.term;
        all += x.weight * y.weight * known.rarity * known.rarity;
        let part = (x.weight / x.class().weight()).min(1.0);
        let own = part / known.company;
        match x.class() {
            Class::Stem => {}
            // Nothing for a word of this group alone, most for one of a few groups, little for one that all have.
            Class::Word => like.template += part / known.company.sqrt() - own,
            Class::Name => {
                names += known.rarity * part;
                like.own_names += own;
            }
            Class::Number => {
                numbers += 1;
                like.own_numbers += own;
            }
        }
    }
    let least = my_weight.names.min(weight.names);
    like.names = (least > 0.0).then(|| names.min(least) / (least + CAUTION));
    like.clash = numbers == 0 && my_weight.number_count >= 2 && weight.number_count >= 2;
    let lengths = my_weight.all * weight.all;
    like.all = if lengths > 0.0 { all / lengths.sqrt() } else { 0.0 };
    like
}

/// What is added to the rarity of names before their share is taken: one name in common of one proves little.
const CAUTION: f32 = 4.0;

impl Likeness {
    /// How well the document fits the group, above 0 when it belongs to it: the logarithm of the odds. `distance` is the
    /// time between them as a part of the window.
    pub fn fit(&self, distance: f32) -> f32 {
        ALL * self.all
            + self.names.map_or(NAMELESS, |share| NAMES * share)
            + OWN_NAMES * self.own_names.min(OWN_NAMES_MAX)
            + OWN_NUMBERS * self.own_numbers.min(OWN_NUMBERS_MAX)
            - TEMPLATE * self.template.min(TEMPLATE_MAX)
            - if self.clash { OTHER_NUMBERS } else { 0.0 }
            - DISTANCE * distance
            - NEEDED
    }
}

// A logistic regression over three of the four halves of the tests' reports, with the weight of the distance held small:
// sources differ in how late they are. What nobody else tells speaks for one event; words that a few others tell too, once
// the cosine has counted them, speak for a common template.
const ALL: f32 = 7.35;
const NAMES: f32 = 6.42;
/// One side has no names: many scripts have no capitals.
const NAMELESS: f32 = 3.49;
const OWN_NAMES: f32 = 2.02;
const OWN_NAMES_MAX: f32 = 2.0;
const OWN_NUMBERS: f32 = 2.58;
const OWN_NUMBERS_MAX: f32 = 2.0;
const TEMPLATE: f32 = 2.47;
const TEMPLATE_MAX: f32 = 3.0;
const OTHER_NUMBERS: f32 = 2.28;
const DISTANCE: f32 = 4.0;
const NEEDED: f32 = 6.6;
