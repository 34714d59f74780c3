//! How a key of the file is described: its name, the shape of its value, its default and bounds.
//! The descriptions drive the reading, the hints and the check of `docs/operate/configuration.md`; the keys
//! themselves are in `sheets.rs`, the numbers in `defaults.rs`.

/// A whole number with bounds.
#[derive(Debug)]
pub(crate) struct Number {
    /// The key.
    pub(crate) key: &'static str,
    /// What is counted.
    pub(crate) unit: &'static str,
    /// Used when the key is left out; none where leaving it out means something of its own.
    pub(crate) default: Option<u64>,
    /// The least allowed.
    pub(crate) min: u64,
    /// The most allowed.
    pub(crate) max: u64,
}

impl Number {
    /// A number with a default.
    pub(crate) const fn new(key: &'static str, unit: &'static str, default: u64, min: u64, max: u64) -> Number {
        Number { key, unit, default: Some(default), min, max }
    }

    /// A number that may be left out.
    pub(crate) const fn optional(key: &'static str, unit: &'static str, min: u64, max: u64) -> Number {
        Number { key, unit, default: None, min, max }
    }
}

/// The words a key may have, with what they mean.
#[derive(Debug)]
pub(crate) struct Words<T: 'static> {
    /// The key.
    pub(crate) key: &'static str,
    /// The words; the first is used when the key is left out, unless the key is required.
    pub(crate) words: &'static [(&'static str, T)],
    /// Words that are planned and refused for now.
    pub(crate) not_yet: &'static [&'static str],
}

/// The words of a key as they are written, whatever they mean.
pub(crate) trait WordList: Sync {
    /// The words.
    fn names(&self) -> Vec<&'static str>;
}

impl<T: Sync> WordList for Words<T> {
    fn names(&self) -> Vec<&'static str> {
        self.words.iter().map(|(word, _)| *word).collect()
    }
}

/// What a value looks like.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    /// Text.
    Text,
    /// A secret: literal, `env:NAME` or `file:PATH`.
    Secret,
    /// The path of a file that can be read.
    Path,
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Number(&'static Number),
    /// A whole number that bounds something; a negative one stands for no bound.
    Limit(&'static Number),
    /// One of some words.
    Word(&'static dyn WordList),
    /// A number or the name of an SMPP status.
    Status,
    /// A list of texts.
    Texts,
    /// A list of secrets.
    Secrets,
    /// A list of whole numbers.
    Numbers(&'static Number),
    /// A table of its own.
    Table,
}

/// What happens when a key is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// It must be there; this is how its value may look.
    Required(&'static str),
    /// It may be left out, and then there is nothing.
    Optional,
    /// It may be left out, and then this counts, in words or between backticks.
    Default(&'static str),
}

/// One key.
pub(crate) struct Key {
    /// Its name.
    pub(crate) name: &'static str,
    /// The shape of its value.
    pub(crate) shape: Shape,
    /// What happens when it is left out; numbers and words know better, see [`Key::default`].
    pub(crate) need: Need,
    /// Bounds of texts and lists, in words; numbers know better, see [`Key::bounds`].
    limits: &'static str,
}

impl Key {
    /// A key that must be there, with an example of its value.
    pub(crate) const fn required(name: &'static str, shape: Shape, limits: &'static str, example: &'static str) -> Key {
        Key { name, shape, need: Need::Required(example), limits }
    }

    /// A key that may be left out.
    pub(crate) const fn optional(name: &'static str, shape: Shape, limits: &'static str) -> Key {
        Key { name, shape, need: Need::Optional, limits }
    }

    /// A key with a default, in words or between backticks.
    pub(crate) const fn with_default(
        name: &'static str,
        shape: Shape,
        default: &'static str,
        limits: &'static str,
    ) -> Key {
        Key { name, shape, need: Need::Default(default), limits }
    }

    /// A number.
    pub(crate) const fn number(number: &'static Number) -> Key {
        Key::optional(number.key, Shape::Number(number), "")
    }

    /// A word; the first one is the default.
    pub(crate) const fn word<T: Sync>(words: &'static Words<T>) -> Key {
        Key::with_default(words.key, Shape::Word(words), "", "")
    }

    /// A flag with its default.
    pub(crate) const fn flag(name: &'static str, default: &'static str) -> Key {
        Key::with_default(name, Shape::Flag, default, "")
    }

    /// What the value must be.
    pub(crate) fn kind(&self) -> String {
        let words = |list: &dyn WordList| list.names().iter().map(|name| format!("`\"{name}\"`")).collect::<Vec<_>>();
        match self.shape {
            Shape::Text => "text".to_owned(),
            Shape::Secret => "secret".to_owned(),
            Shape::Path => "path".to_owned(),
            Shape::Flag => "`true` or `false`".to_owned(),
            Shape::Number(number) | Shape::Limit(number) => format!("whole number ({})", number.unit),
            Shape::Word(list) => words(list).join(" or "),
            Shape::Status => "whole number or name of an SMPP status".to_owned(),
            Shape::Texts => "list of texts".to_owned(),
            Shape::Secrets => "list of secrets".to_owned(),
            Shape::Numbers(number) => format!("list of whole numbers ({})", number.unit),
            Shape::Table => "table".to_owned(),
        }
    }

    /// What counts when the key is left out.
    pub(crate) fn default(&self) -> String {
        match (self.shape, self.need) {
            (_, Need::Required(_)) => "required".to_owned(),
            (
                Shape::Number(Number { default: Some(default), .. })
                | Shape::Limit(Number { default: Some(default), .. }),
                _,
            ) => {
                format!("`{default}`")
            }
            (Shape::Word(list), _) => list.names().first().map(|first| format!("`\"{first}\"`")).unwrap_or_default(),
            (_, Need::Optional) => "none".to_owned(),
            (_, Need::Default(default)) => default.to_owned(),
        }
    }

    /// What the value is bounded by; empty when its kind says all.
    pub(crate) fn bounds(&self) -> String {
        match self.shape {
            Shape::Number(Number { min, max, .. }) => format!("{min} to {max}"),
            Shape::Limit(Number { min, max, .. }) => format!("{min} to {max}, negative = none"),
            Shape::Numbers(Number { min, max, .. }) => format!("{}, each {min} to {max}", self.limits),
            _ => self.limits.to_owned(),
        }
    }
}

/// The keys of one table of the file.
pub(crate) struct Sheet {
    /// How the table is written, e.g. `[[channel]]`.
    pub(crate) title: &'static str,
    /// Its keys, in groups, since kinds of a table share keys.
    pub(crate) groups: &'static [&'static [Key]],
}

impl Sheet {
    /// All keys.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &'static Key> + use<> {
        self.groups.iter().flat_map(|group| group.iter())
    }

    /// The description of a key.
    pub(crate) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys().find(|key| key.name == name)
    }
}
