//! A model file: a good one with bytes changed and its end cut off, or one that is all invented. What loads has to answer.
#![no_main]
#![allow(dead_code, unused_imports, reason = "the rooms are taken in whole")]

#[path = "../../../../src/device.rs"]
mod device;
#[path = "../../../../src/engine/mod.rs"]
mod engine;
#[path = "../../../../src/kernels/mod.rs"]
mod kernels;

use engine::{Engine, EngineConfig, Event, Message, Prompt, Request, Role};
use std::path::PathBuf;
use std::sync::LazyLock;

static GOOD: LazyLock<Vec<Vec<u8>>> = LazyLock::new(engine::nano_files);
static PLACE: LazyLock<PathBuf> =
    LazyLock::new(|| std::env::temp_dir().join(format!("lectern-fuzz-{}.gguf", std::process::id())));

/// The first byte says which file it begins with, the next two where that is cut; then come places with their new bytes.
fn file(bytes: &[u8]) -> Option<Vec<u8>> {
    let (which, rest) = bytes.split_first()?;
    let Some(good) = GOOD.get(usize::from(*which)) else { return Some(rest.to_vec()) };
    let mut file = good.clone();
    let (cut, patches) = rest.split_first_chunk::<2>()?;
    match usize::from(u16::from_le_bytes(*cut)) {
        0 => {}
        cut => file.truncate(file.len() - cut.min(file.len())),
    }
    for patch in patches.chunks_exact(3) {
        let at = usize::from(u16::from_le_bytes([patch[0], patch[1]]));
        if let Some(byte) = file.get_mut(at) {
            *byte = patch[2];
        }
    }
    Some(file)
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some(file) = file(bytes) else { return };
    std::fs::write(&*PLACE, file).expect("room for a file");
    let config = EngineConfig { kv_bytes: 1 << 20, max_context_tokens: Some(200), ..EngineConfig::default() };
    let Ok(engine) = Engine::load(&PLACE, config) else { return };
    let chat = vec![Message::new(Role::System, "be kind"), Message::new(Role::User, "the <|im_end|> é")];
    for prompt in [Prompt::Text("the".into()), Prompt::Chat(chat)] {
        let Ok(mut generation) = engine.submit(Request { max_tokens: 4, ..Request::new(prompt) }) else { continue };
        while let Some(event) = generation.recv() {
            if let Event::Failed(engine::EngineError::Panicked(why)) = event {
                panic!("{why}");
            }
        }
    }
});
