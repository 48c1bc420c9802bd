//! `/v1` over loopback HTTP, on a random model.

use super::*;
use crate::engine::EngineConfig;
use crate::engine::nano::Nano;
use serde_json::{Value, json};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Embeds a text as its length.
struct Lengths;

impl Embed for Lengths {
    fn name(&self) -> &str {
        "lengths"
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
        if texts.contains(&"fail") {
            return Err(EmbedError("told to".into()));
        }
        Ok(texts.iter().map(|text| vec![text.len() as f32, 0.5]).collect())
    }

    fn count_tokens(&self, text: &str) -> usize {
        text.split_whitespace().count()
    }
}

/// Serves `/v1` with these models on a free port.
async fn serve(models: Option<OpenAi>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async { axum::serve(listener, router::<()>(models)).await });
    address
}

fn models(config: EngineConfig) -> OpenAi {
    let nano = Nano { context: 100_000, layers: 1, ..Nano::default() };
    let engine = nano.try_engine(config).expect("a good model");
    OpenAi { chat: Some(("nano".into(), engine)), embed: Some(Arc::new(Lengths)) }
}

async fn connect(address: SocketAddr, method: &str, path: &str, body: &Value) -> TcpStream {
    let body = body.to_string();
    let head =
        format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    stream.write_all(format!("{head}{body}").as_bytes()).await.expect("sent");
    stream
}

/// Status and body; a chunked body is put together.
async fn ask(address: SocketAddr, method: &str, path: &str, body: &Value) -> (u16, String) {
    let mut answer = String::new();
    let mut stream = connect(address, method, path, body).await;
    stream.read_to_string(&mut answer).await.expect("an answer in UTF-8");
    let (head, mut body) = answer.split_once("\r\n\r\n").expect("a blank line ends the headers");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    if !head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
        return (status, body.to_owned());
    }
    let mut whole = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).expect("a chunk's size");
        whole.push_str(&rest[..size]);
        body = &rest[size + 2..];
    }
    (status, whole)
}

async fn json_of(address: SocketAddr, path: &str, body: &Value) -> (u16, Value) {
    let (status, text) = ask(address, "POST", path, body).await;
    (status, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}")))
}

fn chat(extra: Value) -> Value {
    let mut body = json!({"model": "any", "messages": [{"role": "user", "content": "abc"}], "max_tokens": 12,
                          "temperature": 0, "ignore_eos": true});
    body.as_object_mut().expect("an object").extend(extra.as_object().expect("an object").clone());
    body
}

const CHAT: &str = "/v1/chat/completions";

#[tokio::test]
async fn a_stream_joins_to_the_whole_answer() {
    let address = serve(Some(models(EngineConfig::default()))).await;
    for extra in [json!({}), json!({"logprobs": true, "top_logprobs": 2}), json!({"temperature": 1.5, "seed": -4})] {
        let (status, whole) = json_of(address, CHAT, &chat(extra.clone())).await;
        assert_eq!((status, &whole["object"], &whole["model"]), (200, &json!("chat.completion"), &json!("nano")));
        let choice = &whole["choices"][0];
        assert_eq!((&choice["finish_reason"], &choice["message"]["role"]), (&json!("length"), &json!("assistant")));
        let mut streamed = chat(extra);
        streamed["stream"] = json!(true);
        streamed["stream_options"] = json!({"include_usage": true});
        let (status, text) = ask(address, "POST", CHAT, &streamed).await;
        let mut events: Vec<_> = text.split_terminator("\n\n").map(|event| event.strip_prefix("data: ")).collect();
        assert_eq!((status, events.pop()), (200, Some(Some("[DONE]"))));
        let chunks: Vec<Value> =
            events.iter().map(|event| serde_json::from_str(event.expect("data")).expect("JSON")).collect();
        let joined: String =
            chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect();
        assert_eq!(choice["message"]["content"], joined.as_str());
        let told = chunks.iter().filter_map(|chunk| chunk["choices"][0]["logprobs"]["content"].as_array()).flatten();
        let told: Vec<_> = told.cloned().collect();
        assert_eq!(told, choice["logprobs"]["content"].as_array().cloned().unwrap_or_default());
        assert!(told.iter().all(|token| token["top_logprobs"].as_array().map(Vec::len) == Some(2)), "{told:?}");
        let [.., finish, usage] = &chunks[..] else { panic!("{chunks:?}") };
        assert_eq!(finish["choices"][0]["finish_reason"], "length");
        assert_eq!(usage["usage"]["completion_tokens"], 12);
        assert_eq!(usage["usage"]["total_tokens"], whole["usage"]["total_tokens"]);
        assert!(usage["usage"]["prompt_tokens_details"]["cached_tokens"].as_u64() > Some(10), "{usage}");
    }
}

#[tokio::test]
async fn a_stop_text_ends_an_answer() {
    let address = serve(Some(models(EngineConfig::default()))).await;
    let (_, whole) = json_of(address, CHAT, &chat(json!({}))).await;
    let text = whole["choices"][0]["message"]["content"].as_str().expect("a text").to_owned();
    let stop = text.chars().nth(2).expect("some text").to_string();
    for stop in [json!(stop), json!(["never in it", stop])] {
        let (_, stopped) = json_of(address, CHAT, &chat(json!({"stop": stop}))).await;
        let choice = &stopped["choices"][0];
        let shown = choice["message"]["content"].as_str().expect("a text");
        assert_eq!(choice["finish_reason"], "stop");
        assert!(text.starts_with(shown) && shown.len() < text.len(), "{shown:?} of {text:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_done_is_said_in_their_form() {
    let address = serve(Some(models(EngineConfig::default()))).await;
    let many: Vec<_> = (0..20).map(|n| n.to_string()).collect();
    let user = |content: Value| json!({"messages": [{"role": "user", "content": content}]});
    for (body, param, words) in [
        (json!({}), None, "missing field `messages`"),
        (chat(json!({"messages": []})), Some("messages"), "no messages"),
        (chat(json!({"messages": [{"role": "tool", "content": "x"}]})), Some("messages"), "role \"tool\""),
        (chat(user(json!([{"type": "image_url"}]))), Some("messages"), "only text is read"),
        (chat(user(json!("x".repeat(120_000)))), Some("messages"), "the model can take"),
        (chat(json!({"temperature": 3})), Some("temperature"), "0 to 2, got 3"),
        (chat(json!({"top_p": -1})), Some("top_p"), "got -1"),
        (chat(json!({"top_logprobs": 2})), Some("top_logprobs"), "needs \"logprobs\""),
        (chat(json!({"logprobs": true, "top_logprobs": 21})), Some("top_logprobs"), "got 21"),
        (chat(json!({"stop": many})), Some("stop"), "20 texts"),
        (chat(json!({"n": 2})), Some("n"), "only one"),
        (chat(json!({"tools": [{}]})), Some("tools"), "not supported"),
        (chat(json!({"response_format": {"type": "json_schema"}})), Some("response_format"), "schema"),
        (chat(json!({"structured_outputs": {"regex": "("}})), None, "grammar"),
        (
            chat(json!({"structured_outputs": {"regex": "a"}, "response_format": {"type": "json_object"}})),
            Some("structured_outputs"),
            "one form",
        ),
        (chat(json!({"response_format": {"type": "xml"}})), Some("response_format"), "not known"),
        (chat(json!({"max_tokens": -1})), None, "the body"),
    ] {
        let (status, error) = json_of(address, CHAT, &body).await;
        let error = &error["error"];
        assert_eq!((status, error["param"].as_str(), &error["type"]), (400, param, &json!("invalid_request_error")));
        assert!(error["message"].as_str().is_some_and(|text| text.contains(words)), "expected {words:?} in: {error}");
    }
    let large = chat(json!({"messages": [{"role": "user", "content": "x".repeat(MAX_BODY_BYTES)}]}));
    assert_eq!(ask(address, "POST", CHAT, &large).await.0, 413);
    for (method, path, status) in [("GET", CHAT, 405), ("POST", "/v1/models", 405), ("POST", "/v1/files", 404)] {
        let (found, text) = ask(address, method, path, &json!({})).await;
        let error: Value = serde_json::from_str(&text).expect("JSON");
        assert!(
            found == status && error["error"]["type"] == "invalid_request_error",
            "{method} {path}: {found} {text}"
        );
    }
    let off = serve(None).await;
    let (status, error) = json_of(off, CHAT, &chat(json!({}))).await;
    assert!(
        status == 404 && error["error"]["message"].as_str().is_some_and(|text| text.contains("--openai")),
        "{error}"
    );
}

#[tokio::test]
async fn who_leaves_frees_the_place_and_too_many_are_told_so() {
    let config = EngineConfig { max_running: 1, max_queued: 1, ..EngineConfig::default() };
    let models = models(config);
    let engine = models.chat.as_ref().expect("a model").1.clone();
    let address = serve(Some(models)).await;
    let endless = chat(json!({"max_tokens": 90_000, "stream": true}));
    let mut first = connect(address, "POST", CHAT, &endless).await;
    // It runs when its first words are there.
    let mut seen = String::new();
    while !seen.contains("\"content\":\"\"") {
        let mut bytes = [0; 4096];
        let count = first.read(&mut bytes).await.expect("words");
        seen.push_str(&String::from_utf8_lossy(&bytes[..count]));
    }
    let second = tokio::spawn(async move { json_of(address, CHAT, &chat(json!({"max_tokens": 3}))).await });
    while engine.queue_len() == 0 {
        tokio::task::yield_now().await;
    }
    let (status, error) = json_of(address, CHAT, &chat(json!({}))).await;
    assert_eq!((status, &error["error"]["code"]), (503, &json!("overloaded")));
    drop(first); // only then can the second run
    let (status, whole) = second.await.expect("it ends");
    assert_eq!((status, &whole["usage"]["completion_tokens"]), (200, &json!(3)));
}

#[tokio::test]
async fn models_are_listed_and_texts_embedded() {
    let address = serve(Some(models(EngineConfig::default()))).await;
    let (status, list) = ask(address, "GET", "/v1/models", &json!({})).await;
    let list: Value = serde_json::from_str(&list).expect("JSON");
    assert_eq!((status, &list["data"][0]["id"], &list["data"][1]["id"]), (200, &json!("nano"), &json!("lengths")));
    let (status, answer) = json_of(address, "/v1/embeddings", &json!({"input": ["a b", "ccc dd e"]})).await;
    assert_eq!((status, &answer["data"][1]["embedding"]), (200, &json!([8.0, 0.5])));
    assert_eq!(answer["usage"], json!({"prompt_tokens": 5, "total_tokens": 5}));
    let (_, answer) = json_of(address, "/v1/embeddings", &json!({"input": "ab", "encoding_format": "base64"})).await;
    assert_eq!(answer["data"][0]["embedding"], "AAAAQAAAAD8=");
    for (input, status) in [(json!([]), 400), (json!([1, 2]), 400), (json!("fail"), 500)] {
        assert_eq!(json_of(address, "/v1/embeddings", &json!({"input": input})).await.0, status, "{input}");
    }
}
