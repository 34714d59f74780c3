//! `cargo xtask cost`: what the pure parts cost in instructions, held against figures that are committed.
//!
//! The program of `crates/cost` runs under callgrind, which counts inside each scenario and nowhere else. Unlike times,
//! the counts of two runs are equal; a difference is the code's, the compiler's or the C library's.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::workspace::{self, Workspace};

/// The profile of `Cargo.toml`, which is also the name of its folder under `target/`.
const PROFILE: &str = "cost";

/// The committed figures, from the root.
const FIGURES: &str = "crates/cost/figures.txt";

/// How far a count may be from its figure, in thousandths, either way. The counts themselves do not vary: this is room
/// for what moves all of them a little and is nobody's fault (a patch release of the compiler or of the C library, a
/// function inlined one call further up), small enough that a record copied without need is seen.
const TOLERANCE: u64 = 50;

/// The C library chooses among its copying and searching routines by the processor. Without these it takes those that
/// every x86-64 has, so that another machine counts the same.
const TUNABLES: &str = "glibc.cpu.hwcaps=-AVX2,-AVX,-ERMS,-FSRM,-AVX_Fast_Unaligned_Load,-BMI2";

/// The function inside of which callgrind counts, and the one that makes it write a count down.
const MEASURED: &str = "--toggle-collect=cost::measured*";
const COUNTED: &str = "--dump-before=cost::counted*";

/// A scenario and the instructions of one message in it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Figure {
    scenario: String,
    instructions: u64,
}

/// `cargo xtask cost` with its arguments.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<(), String> {
    match args {
        [] => guard(workspace),
        [flag] if flag == "--write" => write(workspace),
        [flag] if flag == "--growth" => {
            let counted = count(workspace, &["growth"])?;
            counted.iter().for_each(|figure| println!("{}", line(figure)));
            Ok(())
        }
        _ => Err("usage: cargo xtask cost [--write | --growth]".to_owned()),
    }
}

/// Counts and compares; the step of `cargo xtask test`.
pub(crate) fn guard(workspace: &Workspace) -> Result<(), String> {
    let path = workspace.root.join(FIGURES);
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{FIGURES} can't be read: {error}"))?;
    let committed = parse_figures(&text)?;
    let counted = count(workspace, &[])?;
    let comparison = compare(&committed, &counted);
    comparison.lines.iter().for_each(|line| println!("{line}"));
    let tools = tools()?;
    comparison.verdict().map_err(|sentence| match tools_of(&text) {
        Some(then) if then == tools => sentence,
        then => {
            let then = then.unwrap_or("tools it does not name");
            format!("{sentence} (the figures are of {then}; here is {tools}, which may be all of the difference)")
        }
    })
}

fn write(workspace: &Workspace) -> Result<(), String> {
    let counted = count(workspace, &[])?;
    let text = format_figures(&counted, &tools()?);
    let path = workspace.root.join(FIGURES);
    std::fs::write(&path, text).map_err(|error| format!("{FIGURES} can't be written: {error}"))?;
    println!("{} figures written to {FIGURES}", counted.len());
    Ok(())
}

/// What the figures depend on besides the sources, in one line.
fn tools() -> Result<String, String> {
    let compiler = workspace::output(Command::new("rustc").arg("--version"))?;
    let library = workspace::output(Command::new("getconf").arg("GNU_LIBC_VERSION"))?;
    Ok(format!("{}, {}, {}", compiler.trim(), library.trim(), std::env::consts::ARCH))
}

/// Builds the program, runs it under callgrind and reads the dumps.
fn count(workspace: &Workspace, args: &[&str]) -> Result<Vec<Figure>, String> {
    workspace::run(&mut workspace.cargo(&["build", "--profile", PROFILE, "--package", "cost"]))?;
    let folder = workspace.target.join("cost-counts");
    // what an earlier run left would be taken for this one's
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(|error| format!("{} can't be removed: {error}", folder.display()))?;
    }
    std::fs::create_dir_all(&folder).map_err(|error| format!("{} can't be made: {error}", folder.display()))?;
    let mut command = Command::new("valgrind");
    command.args(["--quiet", "--tool=callgrind", "--callgrind-out-file=counts", "--collect-atstart=no"]);
    // so that each dump can be read by itself
    command.args(["--compress-strings=no", "--compress-pos=no"]);
    command.args([MEASURED, COUNTED]).arg(workspace.target.join(PROFILE).join("cost")).args(args);
    // no variable of whoever runs this may change what is counted
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("GLIBC_TUNABLES", TUNABLES);
    let printed = workspace::output(command.current_dir(&folder))?;
    printed.lines().enumerate().map(|(index, line)| counted(line, &dump(&folder, index))).collect()
}

/// Callgrind numbers its dumps from 1.
fn dump(folder: &Path, index: usize) -> PathBuf {
    folder.join(format!("counts.{}", index + 1))
}

/// One line of the program with the dump that belongs to it.
fn counted(line: &str, dump: &Path) -> Result<Figure, String> {
    let text = std::fs::read_to_string(dump).map_err(|error| format!("{} can't be read: {error}", dump.display()))?;
    let total = total(&text).ok_or_else(|| format!("{} has no total", dump.display()))?;
    let parts = line.split_once('\t').and_then(|(divisor, name)| Some((divisor.parse::<u64>().ok()?, name)));
    match parts {
        Some((divisor, name)) if divisor > 0 && total >= divisor => {
            Ok(Figure { scenario: name.to_owned(), instructions: total / divisor })
        }
        Some((_, name)) => Err(format!("callgrind counted {total} instructions for \"{name}\": it saw nothing of it")),
        None => Err(format!("no scenario: {line:?}")),
    }
}

/// The sum over all functions of a dump.
fn total(dump: &str) -> Option<u64> {
    dump.lines().find_map(|line| line.strip_prefix("totals: "))?.trim().parse().ok()
}

fn line(figure: &Figure) -> String {
    format!("{:>9}  {}", figure.instructions, figure.scenario)
}

const TOOLS: &str = "# counted with ";

fn format_figures(figures: &[Figure], tools: &str) -> String {
    let lines: Vec<String> = figures.iter().map(line).collect();
    format!(
        "# Instructions of one message in each scenario of crates/cost. Written by `cargo xtask cost --write`.\n\
         {TOOLS}{tools}\n{}\n",
        lines.join("\n")
    )
}

fn tools_of(figures: &str) -> Option<&str> {
    figures.lines().find_map(|line| line.strip_prefix(TOOLS))
}

fn parse_figures(text: &str) -> Result<Vec<Figure>, String> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.starts_with('#') && !line.trim().is_empty());
    lines
        .map(|(index, line)| {
            let parts = line.trim_start().split_once("  ");
            let figure = parts.and_then(|(number, scenario)| {
                Some(Figure { scenario: scenario.to_owned(), instructions: number.parse().ok()? })
            });
            figure.ok_or_else(|| format!("{FIGURES}:{}: no figure and scenario: {line:?}", index + 1))
        })
        .collect()
}

/// A table of all scenarios, and how many are off in which way.
#[derive(Debug, Default)]
struct Comparison {
    lines: Vec<String>,
    more: usize,
    less: usize,
    /// New, or gone.
    unmatched: usize,
}

impl Comparison {
    fn verdict(&self) -> Result<(), String> {
        let Comparison { more, less, unmatched, .. } = self;
        let tolerance = format!("{}.{} %", TOLERANCE / 10, TOLERANCE % 10);
        let write = "`cargo xtask cost --write`, and say in the commit why";
        match (more, less + unmatched) {
            (0, 0) => Ok(()),
            (0, _) => Err(format!(
                "{less} scenarios cost over {tolerance} less than their figures, {unmatched} have none or are gone: \
                 write the better figures down with {write}"
            )),
            _ => Err(format!(
                "{more} scenarios cost over {tolerance} more than their figures: find out where \
                 (`callgrind_annotate` on the dumps in target/cost-counts), or, if it is worth it, {write}"
            )),
        }
    }
}

fn compare(committed: &[Figure], counted: &[Figure]) -> Comparison {
    let mut comparison = Comparison::default();
    comparison.lines.push(format!("{:>9} {:>9} {:>8}     scenario", "figure", "counted", "change"));
    for now in counted {
        let figure = committed.iter().find(|figure| figure.scenario == now.scenario).map(|figure| figure.instructions);
        let mark = match figure {
            None => {
                comparison.unmatched += 1;
                "new"
            }
            Some(figure) if now.instructions.abs_diff(figure) * 1000 <= figure * TOLERANCE => "",
            Some(figure) if now.instructions > figure => {
                comparison.more += 1;
                ">>>"
            }
            Some(_) => {
                comparison.less += 1;
                "<<<"
            }
        };
        let figure_shown = figure.map_or_else(|| "-".to_owned(), |figure| figure.to_string());
        let change = figure.map_or_else(String::new, |figure| percent(figure, now.instructions));
        let Figure { scenario, instructions } = now;
        comparison.lines.push(format!("{figure_shown:>9} {instructions:>9} {change:>8} {mark:<3} {scenario}"));
    }
    for gone in committed.iter().filter(|figure| counted.iter().all(|now| now.scenario != figure.scenario)) {
        comparison.unmatched += 1;
        let Figure { scenario, instructions } = gone;
        comparison.lines.push(format!("{instructions:>9} {:>9} {:>8} {:<3} {scenario}", "-", "", "gone"));
    }
    comparison
}

/// The change from a figure to a count, with its sign.
fn percent(figure: u64, counted: u64) -> String {
    let tenths = counted.abs_diff(figure) * 1000 / figure.max(1);
    let sign = match counted.cmp(&figure) {
        _ if tenths == 0 => "",
        Ordering::Less => "-",
        _ => "+",
    };
    format!("{sign}{}.{} %", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(instructions: u64, scenario: &str) -> Figure {
        Figure { scenario: scenario.to_owned(), instructions }
    }

    #[test]
    fn figures_are_read_as_they_were_written() {
        let figures = [figure(1_234_567, "decide: an MO, in two  words"), figure(8, "x")];
        let text = format_figures(&figures, "rustc 1, glibc 2");
        assert_eq!(parse_figures(&text).unwrap(), figures);
        assert_eq!(tools_of(&text), Some("rustc 1, glibc 2"));
        assert!(parse_figures("# fine\n12 one blank\n").unwrap_err().contains("figures.txt:2"));
        assert!(parse_figures("twelve  x\n").is_err());
    }

    #[test]
    fn more_and_less_are_both_told() {
        let check = |counted: u64, passes: bool, word: &str| {
            let comparison =
                compare(&[figure(1000, "a"), figure(1000, "b")], &[figure(counted, "a"), figure(1000, "b")]);
            let verdict = comparison.verdict();
            assert_eq!(verdict.is_ok(), passes, "{counted}");
            assert!(verdict.err().unwrap_or_default().contains(word), "{counted}");
        };
        check(1000, true, "");
        check(1050, true, "");
        check(950, true, "");
        check(1051, false, "1 scenarios cost over 5.0 % more");
        check(949, false, "cost --write");
    }

    #[test]
    fn scenarios_without_figures_and_figures_without_scenarios_are_told() {
        let both = compare(&[figure(5, "old"), figure(7, "kept")], &[figure(7, "kept"), figure(9, "young")]);
        assert_eq!(both.unmatched, 2);
        assert!(both.verdict().is_err());
        assert!(both.lines.iter().any(|line| line.contains("gone") && line.ends_with("old")), "{:#?}", both.lines);
        assert!(both.lines.iter().any(|line| line.contains("new") && line.ends_with("young")), "{:#?}", both.lines);
    }

    #[test]
    fn the_total_of_a_dump_is_found() {
        assert_eq!(total("events: Ir\n12 34\n\ntotals: 944052\n"), Some(944_052));
        assert_eq!(total("events: Ir\n"), None);
    }

    #[test]
    fn changes_have_a_sign() {
        let all = [percent(1000, 1000), percent(9999, 9998), percent(1000, 1012), percent(1000, 900)];
        assert_eq!(all, ["0.0 %", "0.0 %", "+1.2 %", "-10.0 %"]);
    }
}
