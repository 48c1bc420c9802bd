//! One streaming chat with a server of OpenAI's form, with the times at which its words come. Plain HTTP/1.1.

use super::CliError;
use serde_json::Value;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// A server's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Server {
    /// `host:port`.
    authority: String,
    /// What stands before `/v1`.
    path: String,
}

impl std::str::FromStr for Server {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let rest = text.strip_prefix("http://").ok_or_else(|| format!("{text:?} does not begin with http://"))?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        if host.is_empty() {
            return Err(format!("{text:?} names no host"));
        }
        let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let authority = if has_port { host.to_owned() } else { format!("{host}:80") };
        let path = path.trim_end_matches('/').trim_end_matches("v1").trim_end_matches('/');
        Ok(Self { authority, path: if path.is_empty() { String::new() } else { format!("/{path}") } })
    }
}

/// What one client saw.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Chat {
    /// When words came, since the request was sent.
    pub(super) words: Vec<Duration>,
    /// Tokens of the answer as the server counts them; the number of pieces where it does not.
    pub(super) tokens: usize,
    pub(super) prompt_tokens: usize,
    pub(super) cached_tokens: usize,
}

impl Server {
    /// Asks once.
    pub(super) async fn chat(&self, body: Value) -> Result<Chat, CliError> {
        self.try_chat(body).await.map_err(|reason| CliError::Peer { url: format!("http://{}", self.authority), reason })
    }

    async fn try_chat(&self, body: Value) -> Result<Chat, String> {
        let Self { authority, path } = self;
        let body = body.to_string();
        let request = format!(
            "POST {path}/v1/chat/completions HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let began = Instant::now();
        let mut stream = TcpStream::connect(authority).await.map_err(|error| error.to_string())?;
        stream.write_all(request.as_bytes()).await.map_err(|error| error.to_string())?;
        let mut answer = Body::open(BufReader::new(stream)).await?;
        let (mut chat, mut line) = (Chat::default(), Vec::new());
        while let Some(piece) = answer.piece().await? {
            for byte in piece {
                if byte != b'\n' {
                    line.push(byte);
                } else if event(&mut chat, &std::mem::take(&mut line), began)? {
                    chat.tokens = if chat.tokens == 0 { chat.words.len() } else { chat.tokens };
                    return Ok(chat);
                }
            }
        }
        Err("the answer ended before its end was told".into())
    }
}

/// Takes a line of a stream of events; whether it is the last.
fn event(chat: &mut Chat, line: &[u8], began: Instant) -> Result<bool, String> {
    let Some(data) = line.strip_prefix(b"data: ") else { return Ok(false) };
    if data.starts_with(b"[DONE]") {
        return Ok(true);
    }
    let data: Value = serde_json::from_slice(data).map_err(|error| format!("an event that is no JSON: {error}"))?;
    if let Some(error) = data.get("error") {
        return Err(error.to_string());
    }
    if data["choices"][0]["delta"]["content"].as_str().is_some_and(|text| !text.is_empty()) {
        chat.words.push(began.elapsed());
    }
    let count = |value: &Value| value.as_u64().and_then(|count| usize::try_from(count).ok());
    let usage = &data["usage"];
    chat.tokens = count(&usage["completion_tokens"]).unwrap_or(chat.tokens);
    chat.prompt_tokens = count(&usage["prompt_tokens"]).unwrap_or(chat.prompt_tokens);
    chat.cached_tokens = count(&usage["prompt_tokens_details"]["cached_tokens"]).unwrap_or(chat.cached_tokens);
    Ok(false)
}

/// The body of an answer.
struct Body<R> {
    reader: R,
    chunked: bool,
}

impl<R: AsyncBufRead + Unpin> Body<R> {
    /// Reads the headers; an answer that is not 200 is an error with its text.
    async fn open(mut reader: R) -> Result<Self, String> {
        let status = line(&mut reader).await?;
        let mut chunked = false;
        loop {
            let header = line(&mut reader).await?.to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            chunked |= header.starts_with("transfer-encoding:") && header.contains("chunked");
        }
        let mut body = Self { reader, chunked };
        if status.split(' ').nth(1) == Some("200") {
            return Ok(body);
        }
        let text = body.piece().await?.unwrap_or_default();
        Err(format!("it answered {status}: {}", String::from_utf8_lossy(&text)))
    }

    /// The next bytes as they come; nothing at the end.
    async fn piece(&mut self) -> Result<Option<Vec<u8>>, String> {
        let told = |error: std::io::Error| error.to_string();
        if !self.chunked {
            let piece = self.reader.fill_buf().await.map_err(told)?.to_vec();
            self.reader.consume(piece.len());
            return Ok(if piece.is_empty() { None } else { Some(piece) });
        }
        let size = line(&mut self.reader).await?;
        let size = size.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| format!("a chunk of size {size:?}"))?;
        let mut piece = vec![0; size];
        self.reader.read_exact(&mut piece).await.map_err(told)?;
        line(&mut self.reader).await?;
        Ok(if size == 0 { None } else { Some(piece) })
    }
}

/// A line without its end.
async fn line(reader: &mut (impl AsyncBufRead + Unpin)) -> Result<String, String> {
    let mut line = String::new();
    match reader.read_line(&mut line).await {
        Ok(0) => Err("it closed the connection".into()),
        Ok(_) => Ok(line.trim_end_matches(['\r', '\n']).to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    #[test]
    fn addresses_are_read_with_and_without_their_parts() {
        for (text, authority, path) in [
            ("http://127.0.0.1:8000", "127.0.0.1:8000", ""),
            ("http://127.0.0.1:8000/v1/", "127.0.0.1:8000", ""),
            ("http://school.example/tutor", "school.example:80", "/tutor"),
        ] {
            assert_eq!(text.parse(), Ok(Server { authority: authority.into(), path: path.into() }), "{text}");
        }
        assert!("https://x".parse::<Server>().is_err() && "http://".parse::<Server>().is_err());
    }

    /// What a client makes of an answer.
    async fn chat(answer: &'static str) -> Result<Chat, String> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let server = Server { authority: listener.local_addr().expect("bound").to_string(), path: String::new() };
        let answering = async {
            let (mut stream, _) = listener.accept().await.expect("a client");
            let mut request = [0; 4096];
            assert!(stream.read(&mut request).await.expect("a request") > 0);
            stream.write_all(answer.as_bytes()).await.expect("answered");
        };
        tokio::join!(server.try_chat(serde_json::json!({})), answering).0
    }

    #[tokio::test]
    async fn words_are_counted_and_what_goes_wrong_is_told() {
        const OK: &str = "HTTP/1.1 200 OK\r\n\r\n";
        let plain = concat!(
            "HTTP/1.1 200 OK\r\n\r\n: ping\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\r\n\r\n",
            "data: {\"choices\":[{\"delta\":{}}]}\n\ndata: {\"choices\":[],\"usage\":{\"completion_tokens\":7,",
            "\"prompt_tokens\":5,\"prompt_tokens_details\":{\"cached_tokens\":3}}}\n\ndata: [DONE]\n\n",
        );
        let found = chat(plain).await.expect("an answer");
        assert_eq!((found.words.len(), found.tokens, found.prompt_tokens, found.cached_tokens), (1, 7, 5, 3));
        let chunked = concat!(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2f\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n",
            "\r\n6\r\ndata: \r\n8\r\n[DONE]\n\n\r\n0\r\n\r\n",
        );
        assert_eq!(chat(chunked).await.map(|chat| chat.tokens), Ok(1));
        for (answer, words) in [
            ("HTTP/1.1 503 Busy\r\n\r\n{\"no\":1}", "503 Busy: {\"no\":1}"),
            (OK, "before its end"),
            ("", "closed the connection"),
            ("HTTP/1.1 200 OK\r\n\r\ndata: {\"error\":{\"message\":\"lost\"}}\n\n", "lost"),
            ("HTTP/1.1 200 OK\r\n\r\ndata: {\n\n", "no JSON"),
        ] {
            let error = chat(answer).await.expect_err(words);
            assert!(error.contains(words), "expected {words:?} in: {error}");
        }
    }
}
