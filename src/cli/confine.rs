//! `--confined`: a process that is to read a stranger's file gives up, before it reads anything, the right to take more
//! memory and time than it was told.

use super::CliError;
use std::str::FromStr;

/// What a process may use: `MEMORY_MIB,CPU_SECONDS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Confined {
    /// Memory that it may ask the system for; also what is only reserved counts.
    pub(super) memory_mib: u64,
    /// Time on all processors together.
    pub(super) cpu_seconds: u64,
}

impl FromStr for Confined {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once(',').and_then(|(memory, cpu)| Some((memory.parse().ok()?, cpu.parse().ok()?)));
        match numbers {
            Some((memory_mib, cpu_seconds)) if memory_mib > 0 && cpu_seconds > 0 => {
                Ok(Self { memory_mib, cpu_seconds })
            }
            _ => Err("expected MEMORY_MIB,CPU_SECONDS".to_owned()),
        }
    }
}

impl std::fmt::Display for Confined {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{},{}", self.memory_mib, self.cpu_seconds)
    }
}

impl Confined {
    /// Begins to hold, for this process and what it starts. It also ends with its standard input: whoever started it need
    /// only vanish to end it. Call it before there are other threads.
    ///
    /// # Errors
    /// The system refuses the limits.
    pub(super) fn begin(self) -> Result<(), CliError> {
        self.limit()
            .map_err(|error| CliError::Usage(format!("--confined {self}: could not set the limits: {error}")))?;
        std::thread::Builder::new()
            .name("lifeline".into())
            .stack_size(64 * 1024)
            .spawn(|| {
                let _ended = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
                std::process::exit(1);
            })
            .map_err(|error| CliError::Usage(format!("--confined {self}: could not watch stdin: {error}")))?;
        Ok(())
    }

    #[cfg(unix)]
    fn limit(self) -> std::io::Result<()> {
        use rustix::process::{Resource, nice};
        let memory = self.memory_mib.saturating_mul(1 << 20);
        // The second limit of time kills where the signal of the first is not obeyed.
        let limits = [
            (Resource::As, memory, memory),
            (Resource::Cpu, self.cpu_seconds, self.cpu_seconds + 2),
            (Resource::Core, 0, 0),
        ];
        for (resource, current, maximum) in limits {
            let set = lower(resource, current, maximum);
            // Some systems do not know a limit of addresses.
            if resource != Resource::As || cfg!(target_os = "linux") {
                set?;
            }
        }
        nice(19)?;
        Ok(())
    }

    #[cfg(not(unix))]
    fn limit(self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Sets a limit, or leaves one that is lower.
#[cfg(unix)]
fn lower(resource: rustix::process::Resource, current: u64, maximum: u64) -> std::io::Result<()> {
    use rustix::process::{Rlimit, getrlimit, setrlimit};
    let bound = getrlimit(resource).maximum.unwrap_or(u64::MAX);
    setrlimit(resource, Rlimit { current: Some(current.min(bound)), maximum: Some(maximum.min(bound)) })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_two_numbers() {
        assert_eq!("2048,900".parse(), Ok(Confined { memory_mib: 2048, cpu_seconds: 900 }));
        for wrong in ["", "2048", "2048,", "0,9", "9,0", "-1,9", "a,b", "1,2,3"] {
            assert!(wrong.parse::<Confined>().is_err(), "{wrong}");
        }
    }
}
