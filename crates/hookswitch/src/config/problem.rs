//! Problems and warnings with their places in the file. They never repeat a value that may be a secret.

use std::cell::RefCell;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::code::Code;

/// Most problems shown at a time; the others are counted.
const SHOWN_MAX: usize = 50;

/// A place in the file, counted from 1; columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The line.
    pub(crate) line: usize,
    /// The column.
    pub(crate) column: usize,
}

/// Something to tell the operator about one place. As a problem it stops the start, as a [`Warning`] it does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// What kind.
    pub(crate) code: Code,
    /// Where; none when it is about the whole file.
    pub(crate) place: Option<Place>,
    /// What is wrong and what to do.
    pub(crate) sentence: String,
}

/// Something that works, but hardly as meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Warning {
    /// The file it is about.
    pub(crate) file: PathBuf,
    /// What and where.
    pub(crate) problem: Problem,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_problem(f, &self.file, &self.problem)
    }
}

/// Everything that is wrong with a configuration, in the order of the file; at least one problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConfigError {
    /// The file.
    pub(crate) file: PathBuf,
    /// What is wrong with it.
    pub(crate) problems: Vec<Problem>,
}

impl ConfigError {
    /// One problem about the whole file.
    pub(crate) fn whole(file: &Path, code: Code, sentence: String) -> ConfigError {
        ConfigError { file: file.to_owned(), problems: vec![Problem { code, place: None, sentence }] }
    }
}

impl std::error::Error for ConfigError {}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().take(SHOWN_MAX).enumerate() {
            if index > 0 {
                f.write_str("\n\n")?;
            }
            write_problem(f, &self.file, problem)?;
        }
        match self.problems.len().saturating_sub(SHOWN_MAX) {
            0 => Ok(()),
            more => write!(f, "\n\nand {more} more"),
        }
    }
}

fn write_problem(f: &mut fmt::Formatter<'_>, file: &Path, problem: &Problem) -> fmt::Result {
    write!(f, "{}:", file.display())?;
    if let Some(Place { line, column }) = problem.place {
        write!(f, "{line}:{column}:")?;
    }
    write!(f, " {}: {}", problem.code, problem.sentence)
}

/// Collects problems and warnings about one text.
pub(crate) struct Report {
    line_starts: Vec<usize>,
    text: String,
    problems: RefCell<Vec<Problem>>,
    warnings: RefCell<Vec<Problem>>,
}

impl Report {
    /// An empty one about this text.
    pub(crate) fn new(text: &str) -> Report {
        let after_newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Report {
            line_starts: std::iter::once(0).chain(after_newlines).collect(),
            text: text.to_owned(),
            problems: RefCell::default(),
            warnings: RefCell::default(),
        }
    }

    /// Where a byte of the text is.
    pub(crate) fn place(&self, offset: usize) -> Place {
        let offset = self.text.floor_char_boundary(offset.min(self.text.len()));
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let start = self.line_starts[line - 1];
        Place { line, column: self.text[start..offset].chars().count() + 1 }
    }

    /// Adds a problem.
    pub(crate) fn problem(&self, code: Code, span: &Range<usize>, sentence: String) {
        self.problems.borrow_mut().push(Problem { code, place: Some(self.place(span.start)), sentence });
    }

    /// Adds a problem about the whole file.
    pub(crate) fn problem_of_file(&self, code: Code, sentence: String) {
        self.problems.borrow_mut().push(Problem { code, place: None, sentence });
    }

    /// Adds a warning.
    pub(crate) fn warning(&self, code: Code, span: &Range<usize>, sentence: String) {
        self.warnings.borrow_mut().push(Problem { code, place: Some(self.place(span.start)), sentence });
    }

    /// The problems, in the order of the file, or the warnings when there are none.
    pub(crate) fn finish(&self, file: &Path) -> Result<Vec<Warning>, ConfigError> {
        let mut problems = self.problems.take();
        let mut warnings = self.warnings.take();
        if problems.is_empty() {
            warnings.sort_by_key(|warning| (warning.place, warning.code));
            Ok(warnings.into_iter().map(|problem| Warning { file: file.to_owned(), problem }).collect())
        } else {
            problems.sort_by_key(|problem| (problem.place, problem.code));
            Err(ConfigError { file: file.to_owned(), problems })
        }
    }
}
