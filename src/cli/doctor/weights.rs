//! The models: are they here and whole, and do they fit into the memory.

use super::{Finding, in_words};
use crate::cli::serve;
use crate::models::{self, Catalog, Located, ModelsError, Role};
use std::collections::BTreeMap;
use std::path::Path;
use sysinfo::System;

const MIB: u64 = 1 << 20;
/// The program, its books and its connections beside the models.
const PROGRAM_BYTES: u64 = 200 * MIB;
/// The least that a class gets along with to remember what the model read.
const LEAST_KV_BYTES: u64 = 128 * MIB;

/// How much memory the machine has, and has left.
#[derive(Debug, Clone, Copy)]
struct Memory {
    total: u64,
    available: u64,
}

/// What the models take.
#[derive(Debug, Clone, Copy)]
struct Need {
    /// Of all models together.
    weights: u64,
    /// At most, to remember what was read.
    kv: u64,
}

/// Whether `serve` would run the model, or it only lies there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Served,
    Spare,
}

pub(super) fn all(args: &serve::Args) -> Vec<Finding> {
    let folder = &args.folders.models;
    let catalog = match Catalog::load(folder) {
        Ok(catalog) => catalog,
        Err(error) => return vec![Finding::problem("models", in_words(&error), "mend or remove that catalog.toml")],
    };
    let mut findings = Vec::new();
    let embedder = args.models.embedder.embedder.as_deref();
    let embedder_bytes = match find(folder, &catalog, Role::Embed, embedder) {
        Ok(located) => {
            findings.push(Finding::ok("embedder", format!("{} is in {}", located.name, located.dir.display())));
            num_bytes(&located)
        }
        Err(error) => {
            findings.push(lacking("embedder", &error, "without it no book can be read or searched"));
            0
        }
    };
    findings.push(reranker(args, &catalog));
    let chosen = args.models.model.as_deref();
    let served = if chosen == Some("none") {
        findings.push(Finding::ok("model", "none is wanted: the books' own sentences are the answers"));
        None
    } else {
        let found = find(folder, &catalog, Role::Chat, chosen);
        found.map_err(|error| findings.push(lacking("model", &error, "without it the tutor cannot word answers"))).ok()
    };
    let memory = memory();
    for (located, what) in chat_models(folder, &catalog, served) {
        let need = Need { weights: num_bytes(&located) + embedder_bytes, kv: u64::from(args.models.kv_mib) * MIB };
        findings.push(fits(&located.name, need, memory, what));
    }
    findings.extend(whole(folder, &catalog));
    findings
}

/// The model that `serve` would take; nothing is fetched.
fn find(folder: &Path, catalog: &Catalog, role: Role, name: Option<&str>) -> Result<Located, ModelsError> {
    let name = match name {
        Some(name) => name,
        None => &catalog.default_for(role)?.name,
    };
    let located = models::locate(folder, catalog, role, name)?;
    if role == Role::Chat {
        let path = located.gguf()?;
        models::inspect_gguf(path).map_err(|source| ModelsError::Gguf { path: path.to_owned(), source })?;
    }
    Ok(located)
}

fn lacking(check: &'static str, error: &ModelsError, harm: &str) -> Finding {
    let remedy = "`lectern models pull` fetches the defaults (needs the network once); `lectern models add FILE` takes a \
                  file from a memory stick";
    Finding::problem(check, format!("{}; {harm}", in_words(error)), remedy)
}

fn reranker(args: &serve::Args, catalog: &Catalog) -> Finding {
    let folder = &args.folders.models;
    let none = || Finding::ok("reranker", "none; it is optional and orders passages better");
    match args.models.reranker.reranker.as_deref() {
        Some("none") => none(),
        Some(name) => match models::locate(folder, catalog, Role::Rerank, name) {
            Ok(located) => Finding::ok("reranker", located.name),
            Err(error) => Finding::problem("reranker", in_words(&error), "pull it, or leave --reranker out"),
        },
        None => match models::reranker_here(folder, catalog) {
            Ok(Some(located)) => Finding::ok("reranker", located.name),
            Ok(None) => none(),
            Err(error) => Finding::problem("reranker", in_words(&error), "mend the models folder"),
        },
    }
}

/// All language models that are here, the one that is served first.
fn chat_models(folder: &Path, catalog: &Catalog, served: Option<Located>) -> Vec<(Located, Use)> {
    let known = catalog.entries().iter().filter(|entry| entry.role == Role::Chat && models::is_here(entry, folder));
    let known = known.filter_map(|entry| models::locate(folder, catalog, Role::Chat, &entry.name).ok());
    let own = models::own_models(folder, catalog).unwrap_or_default();
    let mut all: Vec<(Located, Use)> = served.into_iter().map(|located| (located, Use::Served)).collect();
    for located in known.chain(own) {
        if !all.iter().any(|(other, _)| other.files == located.files) {
            all.push((located, Use::Spare));
        }
    }
    all
}

fn num_bytes(located: &Located) -> u64 {
    located.files.values().filter_map(|path| path.metadata().ok()).map(|data| data.len()).sum()
}

fn memory() -> Memory {
    let mut system = System::new();
    system.refresh_memory();
    let (total, available) = (system.total_memory(), system.available_memory());
    match system.cgroup_limits() {
        Some(limits) if limits.total_memory > 0 => {
            Memory { total: total.min(limits.total_memory), available: available.min(limits.free_memory) }
        }
        _ => Memory { total, available },
    }
}

/// Judges whether a model fits.
fn fits(name: &str, need: Need, memory: Memory, what: Use) -> Finding {
    let (least, most) = (PROGRAM_BYTES + need.weights + LEAST_KV_BYTES, PROGRAM_BYTES + need.weights + need.kv);
    let of = |bytes: u64| bytes.div_ceil(MIB);
    let found =
        format!("{name} takes up to {} MiB; of {} MiB {} are free", of(most), of(memory.total), of(memory.available));
    // What the others need is left to them: a tenth.
    let room = memory.total - memory.total / 10;
    match what {
        Use::Served if least > room => Finding::problem("memory", found, "choose a smaller model with --model"),
        Use::Spare if least > room => {
            Finding::warning("memory", format!("{found}: too big for this machine"), "use another")
        }
        _ if most > room => {
            let kv = (room - PROGRAM_BYTES - need.weights) / MIB;
            Finding::warning("memory", found, format!("--kv-mib {kv} makes it fit"))
        }
        Use::Served if least > memory.available => {
            let remedy = "close other programs, or stop the Lectern that runs already";
            Finding::warning("memory", found, remedy)
        }
        _ => Finding::ok("memory", found),
    }
}

/// Whether the files of the models are what they should be, model by model.
fn whole(folder: &Path, catalog: &Catalog) -> Vec<Finding> {
    let checked = match models::verify(folder, catalog, &mut |_| {}) {
        Ok(checked) => checked,
        Err(error) => return vec![Finding::problem("models", in_words(&error), "mend the models folder")],
    };
    let mut bad: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for file in &checked {
        let files = bad.entry(&file.model).or_default();
        match &file.verdict {
            models::Verdict::Bad(reason) => files.push(format!("{}: {reason}", file.file)),
            models::Verdict::Absent => files.push(format!("{} is missing", file.file)),
            _ => {}
        }
    }
    let good: Vec<&str> = bad.iter().filter(|(_, files)| files.is_empty()).map(|(model, _)| *model).collect();
    let mut findings = Vec::new();
    if !good.is_empty() {
        findings.push(Finding::ok("files", format!("whole: {}", good.join(", "))));
    }
    for (model, files) in bad.iter().filter(|(_, files)| !files.is_empty()) {
        let found = format!("{model} is damaged: {}", files.join("; "));
        findings.push(Finding::problem("files", found, format!("`lectern models pull {model}` fetches it again")));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::Level;

    #[test]
    fn a_model_is_judged_by_the_memory() {
        for (weights, kv, total, available, what, expect) in [
            (100, 1024, 8000, 6000, Use::Served, Level::Ok),
            (100, 1024, 1400, 1300, Use::Served, Level::Warning),
            (100, 1024, 8000, 300, Use::Served, Level::Warning),
            (100, 1024, 8000, 300, Use::Spare, Level::Ok),
            (4000, 1024, 4000, 3000, Use::Served, Level::Problem),
            (4000, 1024, 4000, 3000, Use::Spare, Level::Warning),
        ] {
            let need = Need { weights: weights * MIB, kv: kv * MIB };
            let memory = Memory { total: total * MIB, available: available * MIB };
            let finding = fits("m", need, memory, what);
            assert_eq!(finding.level, expect, "{finding:?}");
        }
        let tight = Memory { total: 1400 * MIB, available: 1300 * MIB };
        let finding = fits("m", Need { weights: 100 * MIB, kv: 1024 * MIB }, tight, Use::Served);
        assert_eq!(finding.remedy.as_deref(), Some("--kv-mib 960 makes it fit"));
    }
}
