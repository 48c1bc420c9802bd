//! The machine: processor, port, clock.

use super::{Finding, in_words};
use crate::engine::instructions;
use jiff::{SignedDuration, Timestamp};
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

/// How long whoever listens on our port is waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// More of an answer is not looked at.
const MAX_ANSWER_BYTES: u64 = 64 << 10;

/// No clock that is right shows an earlier time.
const EARLIEST: &str = "2024-01-01T00:00:00Z";
/// Files may be a little newer than now: clocks of memory sticks and time zones.
const MAX_AHEAD: SignedDuration = SignedDuration::from_hours(26);
/// A school's holidays are shorter.
const MAX_BEHIND: SignedDuration = SignedDuration::from_hours(24 * 365);

pub(super) fn processor() -> Finding {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let cores = format!("{cores} {}", if cores == 1 { "core" } else { "cores" });
    let instructions = instructions();
    let found = format!("{} code, {cores}; the processor has {}", instructions.name, features());
    if instructions.is_vector {
        return Finding::ok("processor", found);
    }
    let remedy = "use a machine with AVX2 (since about 2013), or `--model none` for the books' own sentences";
    Finding::warning("processor", format!("{found}: answers take many times as long"), remedy)
}

/// What the processor has of the features that our code asks for.
fn features() -> String {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::is_x86_feature_detected as has;
        let all = [
            ("avx2", has!("avx2")),
            ("fma", has!("fma")),
            ("f16c", has!("f16c")),
            ("avxvnni", has!("avxvnni")),
            ("avx512f", has!("avx512f")),
            ("avx512vl", has!("avx512vl")),
            ("avx512vnni", has!("avx512vnni")),
        ];
        let here: Vec<&str> = all.iter().filter(|(_, here)| *here).map(|(name, _)| *name).collect();
        if here.is_empty() { "none of the features it asks for".to_owned() } else { here.join(" ") }
    }
    #[cfg(not(target_arch = "x86_64"))]
    format!("the instructions of {}", std::env::consts::ARCH)
}

pub(super) fn port(addr: SocketAddr) -> Finding {
    let error = match TcpListener::bind(addr) {
        Ok(_) => return Finding::ok("port", format!("{addr} is free")),
        Err(error) => error,
    };
    let other = "choose another with --addr HOST:PORT";
    match error.kind() {
        ErrorKind::AddrInUse => match health(addr) {
            Some(students) => Finding::ok("port", format!("a Lectern answers on {addr} ({students} connected)")),
            None => {
                let found = format!("{addr} is taken by another program, or by a Lectern with TLS");
                Finding::problem("port", found, format!("end that program, or {other}"))
            }
        },
        ErrorKind::PermissionDenied => {
            let found = format!("{addr} may not be used: ports below 1024 are for the system");
            Finding::problem("port", found, other)
        }
        _ => Finding::problem("port", format!("{addr} cannot be used: {}", in_words(&error)), other),
    }
}

/// Asks who listens on an address whether it is a Lectern: the number of its connections.
fn health(addr: SocketAddr) -> Option<u64> {
    let ip = if addr.ip().is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { addr.ip() };
    let mut stream = TcpStream::connect_timeout(&SocketAddr::new(ip, addr.port()), PATIENCE).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.set_write_timeout(Some(PATIENCE)).ok()?;
    let request = format!("GET /health HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = Vec::new();
    // What came before a time-out is enough.
    let _ = stream.take(MAX_ANSWER_BYTES).read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (_, body) = answer.split_once("\r\n\r\n")?;
    let health: serde_json::Value = serde_json::from_str(body.trim()).ok()?;
    health.get("running_turns")?;
    health.get("active_connections")?.as_u64()
}

pub(super) fn clock(data: &Path) -> Finding {
    let files = std::fs::read_dir(data).into_iter().flatten().flatten();
    let times = files.filter_map(|file| file.metadata().ok()?.modified().ok());
    let newest = times.max().and_then(|time| Timestamp::try_from(time).ok());
    judge_clock(Timestamp::now(), newest)
}

/// Judges the clock by the newest file of the class.
fn judge_clock(now: Timestamp, newest: Option<Timestamp>) -> Finding {
    let remedy = "set the date and time of this machine";
    let harm = "reviews come at the wrong time, and browsers refuse certificates";
    let earliest: Timestamp = EARLIEST.parse().expect("a time in its usual form");
    let day = |time: Timestamp| time.strftime("%Y-%m-%d %H:%M UTC").to_string();
    if now < earliest {
        return Finding::problem("clock", format!("it shows {}, which is past: {harm}", day(now)), remedy);
    }
    match newest {
        Some(newest) if newest.duration_since(now) > MAX_AHEAD => {
            let found = format!("it shows {}, but the class has files of {}: {harm}", day(now), day(newest));
            Finding::problem("clock", found, remedy)
        }
        Some(newest) if now.duration_since(newest) > MAX_BEHIND => {
            let found = format!("it shows {}, and the class was last used at {}", day(now), day(newest));
            Finding::warning("clock", found, format!("if that is not so, {remedy}"))
        }
        _ => Finding::ok("clock", day(now)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;
    use crate::cli::doctor::Level;

    #[test]
    fn the_clock_is_judged_by_the_files() {
        for (now, newest, expect) in [
            ("2026-03-01T08:00:00Z", None, Level::Ok),
            ("2026-03-01T08:00:00Z", Some("2026-02-27T12:00:00Z"), Level::Ok),
            ("2026-03-01T08:00:00Z", Some("2026-03-01T20:00:00Z"), Level::Ok),
            ("2026-03-01T08:00:00Z", Some("2026-03-05T08:00:00Z"), Level::Problem),
            ("2026-03-01T08:00:00Z", Some("2024-06-01T08:00:00Z"), Level::Warning),
            ("1970-01-01T00:10:00Z", None, Level::Problem),
        ] {
            let finding = judge_clock(now.parse().unwrap(), newest.map(|time: &str| time.parse().unwrap()));
            assert_eq!(finding.level, expect, "{now} {newest:?}: {}", finding.found);
        }
    }

    #[test]
    fn a_port_is_free_or_taken() {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = silent.local_addr().unwrap();
        let stranger = std::thread::spawn(move || {
            let (mut stream, _) = silent.accept().unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n{\"status\":\"ok\"}").unwrap();
        });
        assert_eq!(port(addr).level, Level::Problem);
        stranger.join().unwrap();
        assert_eq!(port("127.0.0.1:0".parse().unwrap()).level, Level::Ok);
        assert_eq!(port("192.0.2.1:8000".parse().unwrap()).level, Level::Problem);
    }
}
