//! What is measured, for `GET /metrics` in the text form of Prometheus.

use super::hub::Hub;
use crate::engine::Totals;
use crate::tutor::{State, TurnEvent};
use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder as _, Unit};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use std::time::{Duration, Instant};

/// Upper bounds of the time histograms, in seconds.
const SECONDS: [f64; 14] = [0.01, 0.03, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0];

const META: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, None);

/// Name, unit and meaning of everything that is measured.
const MEANINGS: [(&str, Unit, &str); 16] = [
    ("lectern_connections", Unit::Count, "WebSocket connections of students"),
    ("lectern_turns_running", Unit::Count, "messages that are being answered"),
    ("lectern_turns_waiting", Unit::Count, "messages in line"),
    ("lectern_uptime_seconds", Unit::Seconds, "since the server began to serve"),
    ("lectern_memory_bytes", Unit::Bytes, "resident memory of the process"),
    ("lectern_books", Unit::Count, "books in the library"),
    ("lectern_model_steps", Unit::Count, "forward passes of the language model"),
    ("lectern_model_tokens_computed", Unit::Count, "tokens that went through the language model, prompts included"),
    ("lectern_model_tokens_written", Unit::Count, "tokens that the language model wrote"),
    ("lectern_model_busy_seconds", Unit::Seconds, "how long the forward passes took"),
    ("lectern_turns_total", Unit::Count, "messages, by how their answer ended"),
    ("lectern_refusals_total", Unit::Count, "frames that were refused, by code"),
    ("lectern_first_quote_seconds", Unit::Seconds, "from the message to the first citation"),
    ("lectern_first_word_seconds", Unit::Seconds, "from the message to the first word"),
    ("lectern_turn_seconds", Unit::Seconds, "from the message to the whole reply"),
    ("lectern_stage_seconds", Unit::Seconds, "how long a turn was in a stage"),
];

/// What the server's parts know at the moment of asking.
pub(super) struct Now {
    pub(super) uptime: Duration,
    pub(super) books: usize,
    pub(super) model: Option<Totals>,
}

/// The meters of one server.
pub(super) struct Meters {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
}

impl Meters {
    pub(super) fn new() -> Self {
        let builder = PrometheusBuilder::new().set_buckets(&SECONDS).expect("there are bounds");
        let recorder = builder.build_recorder();
        for (name, unit, meaning) in MEANINGS {
            let (name, meaning) = (name.into(), meaning.into());
            match unit {
                _ if MEANINGS.iter().skip(12).any(|(other, ..)| *other == name_of(&name)) => {
                    recorder.describe_histogram(name, Some(unit), meaning);
                }
                _ if name_of(&name).ends_with("_total") => recorder.describe_counter(name, Some(unit), meaning),
                _ => recorder.describe_gauge(name, Some(unit), meaning),
            }
        }
        let handle = recorder.handle();
        Self { recorder, handle }
    }

    fn counter(&self, name: &'static str, label: &'static str, value: String) -> Counter {
        self.recorder.register_counter(&Key::from_parts(name, vec![Label::new(label, value)]), &META)
    }

    fn gauge(&self, name: &'static str) -> Gauge {
        self.recorder.register_gauge(&Key::from_name(name), &META)
    }

    fn seconds(&self, name: &'static str, labels: Vec<Label>) -> Histogram {
        self.recorder.register_histogram(&Key::from_parts(name, labels), &META)
    }

    /// A frame was refused.
    pub(super) fn refused(&self, code: &str) {
        self.counter("lectern_refusals_total", "code", code.to_owned()).increment(1);
    }

    /// A turn begins.
    pub(super) fn turn(&self) -> TurnClock<'_> {
        TurnClock { meters: self, begun: Instant::now(), quoted: false, worded: false, stage: None }
    }

    /// All figures, as text.
    pub(super) fn text(&self, hub: &Hub, now: &Now) -> String {
        let running = hub.num_running();
        self.gauge("lectern_connections").set(hub.num_connections() as f64);
        self.gauge("lectern_turns_running").set(running as f64);
        self.gauge("lectern_turns_waiting").set(hub.num_turns().saturating_sub(running) as f64);
        self.gauge("lectern_uptime_seconds").set(now.uptime.as_secs_f64());
        self.gauge("lectern_books").set(now.books as f64);
        if let Some(bytes) = resident_bytes() {
            self.gauge("lectern_memory_bytes").set(bytes as f64);
        }
        if let Some(Totals { steps, computed_tokens, written_tokens, drafted_tokens, accepted_tokens, busy }) =
            now.model
        {
            self.gauge("lectern_model_steps").set(steps as f64);
            self.gauge("lectern_model_tokens_computed").set(computed_tokens as f64);
            self.gauge("lectern_model_tokens_written").set(written_tokens as f64);
            self.gauge("lectern_model_tokens_drafted").set(drafted_tokens as f64);
            self.gauge("lectern_model_tokens_accepted").set(accepted_tokens as f64);
            self.gauge("lectern_model_busy_seconds").set(busy.as_secs_f64());
        }
        self.handle.run_upkeep();
        self.handle.render()
    }
}

fn name_of(name: &metrics::KeyName) -> &str {
    name.as_str()
}

/// Measures one turn from its message to its end.
pub(super) struct TurnClock<'a> {
    meters: &'a Meters,
    begun: Instant,
    quoted: bool,
    worded: bool,
    stage: Option<(&'static str, Instant)>,
}

impl TurnClock<'_> {
    /// Something happened in it.
    pub(super) fn note(&mut self, event: &TurnEvent) {
        let so_far = self.begun.elapsed().as_secs_f64();
        match event {
            TurnEvent::Status { state, .. } => self.enter(Some(match state {
                State::Queued => "queued",
                State::Searching => "searching",
                State::Writing => "writing",
            })),
            TurnEvent::Citations(_) if !std::mem::replace(&mut self.quoted, true) => {
                self.meters.seconds("lectern_first_quote_seconds", Vec::new()).record(so_far);
            }
            TurnEvent::Delta(_) if !std::mem::replace(&mut self.worded, true) => {
                self.meters.seconds("lectern_first_word_seconds", Vec::new()).record(so_far);
            }
            TurnEvent::Citations(_) | TurnEvent::Delta(_) => {}
        }
    }

    fn enter(&mut self, stage: Option<&'static str>) {
        let before = std::mem::replace(&mut self.stage, stage.map(|stage| (stage, Instant::now())));
        if let Some((stage, since)) = before {
            let labels = vec![Label::new("stage", stage)];
            self.meters.seconds("lectern_stage_seconds", labels).record(since.elapsed().as_secs_f64());
        }
    }

    /// It ended so.
    pub(super) fn end(mut self, how: &str) {
        self.enter(None);
        self.meters.counter("lectern_turns_total", "finish", how.to_owned()).increment(1);
        self.meters.seconds("lectern_turn_seconds", Vec::new()).record(self.begun.elapsed().as_secs_f64());
    }
}

/// What the process has in memory; nothing where the system does not say.
#[cfg(target_os = "linux")]
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib * 1024)
}

#[cfg(not(target_os = "linux"))]
fn resident_bytes() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_measured_from_its_first_sign_to_its_end() {
        let meters = Meters::new();
        let mut clock = meters.turn();
        for event in [
            TurnEvent::Status { state: State::Searching, queue_position: None },
            TurnEvent::Citations(Vec::new()),
            TurnEvent::Delta("a".into()),
            TurnEvent::Delta("b".into()),
        ] {
            clock.note(&event);
        }
        clock.end("stop");
        meters.refused("too_long");
        let text = meters.handle.render();
        for line in [
            "lectern_turns_total{finish=\"stop\"} 1",
            "lectern_refusals_total{code=\"too_long\"} 1",
            "lectern_first_word_seconds_count 1",
            "lectern_stage_seconds_count{stage=\"searching\"} 1",
            "# TYPE lectern_turn_seconds histogram",
        ] {
            assert!(text.contains(line), "{line} in\n{text}");
        }
    }
}
