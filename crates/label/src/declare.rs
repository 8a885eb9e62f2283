//! What a protection is, as data: `protect` fills it, `plan` and the documentation read it.
//!
//! Invariant: a [`Call`] is complete; every default was filled in when the plan was made, so that
//! whoever executes it decides nothing.
//!
//! Must never: hold a key or a value of a row.

/// One entry of the catalogue of protections.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Declaration {
    /// The name of the SQL function.
    pub name: &'static str,
    /// The family it belongs to.
    pub family: Family,
    /// What it does to a label.
    pub effect: Effect,
    /// One sentence on what it does.
    pub summary: &'static str,
    /// What still shows.
    pub leaks: &'static str,
    /// By whom it can be reversed, or `no`.
    pub reversible: &'static str,
    /// The properties of the input that survive.
    pub keeps: &'static [Keeps],
    /// The standard or construction it follows.
    pub standard: &'static str,
    /// The kinds of values it takes.
    pub accepts: &'static [Accepts],
    /// The kind of value it gives.
    pub returns: Returns,
    /// The parameters after the value, in order.
    pub params: &'static [Param],
    /// What becomes of a null.
    pub nulls: Nulls,
    /// Whether it can be undone with its key, by `reveal`.
    pub opens: bool,
    /// On which values it stops the run, which whoever sees the run learns.
    pub fails: Fails,
    /// One use in SQL, for the documentation; a test proves that it binds.
    pub example: &'static str,
}

/// The families of protections, weakest trace first.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Family {
    /// Nothing of the value is left.
    Remove,
    /// Some characters are left.
    Mask,
    /// A coarser value is left.
    Generalize,
    /// A stand-in is left, the same for the same value.
    Pseudonym,
    /// A ciphertext is left.
    Seal,
    /// Running text is left, without what the detectors found in it.
    Text,
}

/// What a protection does to a label.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Effect {
    /// The value becomes a constant; nulls stay or not, by [`Nulls`].
    Redact,
    /// Every cell becomes null.
    Nullify,
    /// The first and last characters stay.
    Mask,
    /// The lower edge of a bucket stays.
    Bucket,
    /// A keyed, deterministic token.
    Tokenize,
    /// A keyed, randomized ciphertext.
    Encrypt,
    /// A part or a coarser form stays, told apart by the protection's name and arguments.
    Part(Part),
}

/// How parts of one value compare.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Part {
    /// Parts of different classes tell more together, which a policy has to permit by name;
    /// within one class, parts of which neither holds the other give the value away.
    pub class: Class,
    /// Whether its one parameter, a count or a choice, orders them: the larger count, or the later
    /// choice, shows all that the smaller shows. Else two different uses are incomparable.
    pub nests: bool,
}

/// What kind of part is left.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Class {
    /// Some characters.
    Mask,
    /// The cell of a partition of the domain.
    Cut,
    /// The value moved by a secret distance.
    Shift,
    /// Running text from which something was taken.
    Text,
}

impl Class {
    /// Its name in records.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Class::Mask => "mask",
            Class::Cut => "cut",
            Class::Shift => "shift",
            Class::Text => "text",
        }
    }

    /// Reads its name.
    #[must_use]
    pub fn of(word: &str) -> Option<Class> {
        [Class::Mask, Class::Cut, Class::Shift, Class::Text]
            .into_iter()
            .find(|class| class.word() == word)
    }
}

/// A property of the input that survives a protection.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Keeps {
    /// Equal values stay equal.
    Equality,
    /// Greater values stay greater.
    Order,
    /// The length stays visible.
    Length,
    /// Nulls stay null.
    Nulls,
    /// The type stays the same.
    Type,
}

/// A kind of value that a protection takes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Accepts {
    /// Text.
    Text,
    /// Whole numbers of any width.
    Integer,
    /// Floating-point numbers.
    Float,
    /// Decimals.
    Decimal,
    /// Calendar dates.
    Date,
    /// Instants.
    Timestamp,
    /// Bytes.
    Binary,
    /// True or false.
    Boolean,
    /// Any of these.
    Any,
}

/// The kind of value that a protection gives.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Returns {
    /// The kind it was given.
    Same,
    /// Text.
    Text,
    /// Bytes.
    Binary,
    /// A whole number of 64 bits.
    Integer,
    /// A floating-point number of 64 bits.
    Float,
    /// As the choice made in this parameter says, one for each choice, in their order.
    Chosen(usize, &'static [Returns]),
}

/// One parameter of a protection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// What it may be.
    pub kind: ParamKind,
    /// Whether it must be written.
    pub required: bool,
    /// One sentence on what it means.
    pub doc: &'static str,
}

/// What a parameter may be.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ParamKind {
    /// The name of a declared key of this purpose (`token` or `value`).
    Key(&'static str),
    /// A count from 0 to 64.
    Count,
    /// A number.
    Number,
    /// Text of at most 128 bytes.
    Text,
    /// Text of at most 65,536 bytes, such as a dictionary.
    LongText,
    /// One of these words; the first by default.
    Choice(&'static [&'static str]),
    /// What keeps tokens of different kinds of values apart; by default the column's first tag.
    Domain,
    /// Another column of the row, as it is: handed to the kernel beside the value.
    Column,
}

impl ParamKind {
    /// What stands for a parameter that was not given.
    #[must_use]
    pub fn absent(self) -> Argument {
        match self {
            Self::Key(_) | Self::Text | Self::LongText | Self::Domain => {
                Argument::Text(String::new())
            }
            Self::Choice(words) => {
                Argument::Text(words.first().copied().unwrap_or_default().to_owned())
            }
            Self::Count | Self::Number => Argument::Integer(0),
            Self::Column => Argument::Absent,
        }
    }
}

/// What becomes of a null.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Nulls {
    /// It stays a null: which cells are null still shows.
    Kept,
    /// It cannot be told from another value.
    Hidden,
}

/// On which values a protection stops the run.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fails {
    /// On none.
    Never,
    /// On some, unless the parameter at this place has this word.
    Unless(usize, &'static str),
    /// On some, whatever the arguments.
    OnSome,
    /// Only where a column beside the value is null.
    NullBeside,
    /// On texts of more bytes than this.
    Beyond(u64),
}

/// An argument after the value, a literal.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Argument {
    /// Text, such as a key's name.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number as decimal text, such as `0.5`.
    Number(String),
    /// The column at this place among those beside the value.
    Column(usize),
    /// An optional column that was not given.
    Absent,
}

/// One use of a protection, complete: every default filled in by the plan.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Call {
    /// The declaration's name.
    pub name: &'static str,
    /// The arguments in the order of the parameters.
    pub arguments: Vec<Argument>,
    /// Where the protected value will stand.
    pub context: Context,
}

/// Where a protected value will stand; sealed values authenticate it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Context {
    /// The id of the destination dataset.
    pub dataset: String,
    /// The destination column.
    pub column: String,
}
