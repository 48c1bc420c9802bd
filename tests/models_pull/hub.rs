//! A model hub on loopback that behaves as badly as it is told to, and remembers what it was asked.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// How one file is answered.
#[derive(Clone)]
pub(super) struct Answer {
    pub(super) body: Vec<u8>,
    pub(super) manner: Manner,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// The whole body, slowly enough that two pulls meet.
    Slow,
    /// The whole body; ranges are served.
    Good,
    /// The first request breaks off in the middle; ranges are served or not.
    BreakOnce { ranges: bool },
    /// Every request breaks off in the middle, and ranges are not served.
    BreakAlways,
    /// The first request is refused with 503.
    BusyOnce,
    /// A redirect that offers the xet protocol, to a place that serves plain bytes.
    Redirect,
}

/// What the hub serves, by path.
type Files = BTreeMap<String, Answer>;

/// The hub; it lives as long as the test process.
pub(super) struct Hub {
    pub(super) endpoint: String,
    files: Arc<Mutex<Files>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Hub {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let hub = Hub { endpoint, files: Arc::default(), asked: Arc::default() };
        let (files, asked) = (hub.files.clone(), hub.asked.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (files, asked) = (files.clone(), asked.clone());
                // A client that goes away in the middle is part of the game.
                std::thread::spawn(move || serve(stream.unwrap(), &files, &asked).unwrap_or_default());
            }
        });
        hub
    }

    /// Serves `body` under `path` from now on.
    pub(super) fn put(&self, path: &str, body: &[u8], manner: Manner) {
        self.files.lock().unwrap().insert(path.to_owned(), Answer { body: body.to_vec(), manner });
    }

    /// What was asked since the last call: `GET /path` or `GET /path bytes=1-2`.
    pub(super) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

struct Request {
    method: String,
    path: String,
    range: Option<String>,
}

fn read_request(stream: &TcpStream) -> std::io::Result<Request> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    let mut words = first.split(' ').map(str::to_owned);
    let mut request =
        Request { method: words.next().unwrap_or_default(), path: words.next().unwrap_or_default(), range: None };
    for line in lines {
        let line = line?;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("range")
        {
            request.range = Some(value.trim().to_owned());
        }
    }
    Ok(request)
}

fn serve(mut stream: TcpStream, files: &Mutex<Files>, asked: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let request = read_request(&stream)?;
    let line = format!("{} {} {}", request.method, request.path, request.range.as_deref().unwrap_or_default());
    let first_time = {
        let mut asked = asked.lock().unwrap();
        asked.push(line.trim().to_owned());
        asked.iter().filter(|old| **old == line.trim()).count() == 1
    };
    let answer = files.lock().unwrap().get(&request.path).cloned();
    let Some(Answer { body, manner }) = answer else {
        return stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    };
    let is_get = request.method == "GET";
    match manner {
        Manner::BusyOnce if is_get && first_time => {
            return stream.write_all(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
        Manner::Redirect => {
            let head = "HTTP/1.1 302 Found\r\nX-Xet-Hash: 0123456789abcdef\r\nContent-Length: 0\r\nConnection: close";
            return write!(stream, "{head}\r\nLocation: /elsewhere{}\r\n\r\n", request.path);
        }
        _ => {}
    }
    let serves_ranges = !matches!(manner, Manner::BreakOnce { ranges: false } | Manner::BreakAlways);
    let range = request.range.filter(|_| serves_ranges).map(|range| {
        let (from, to) = range.trim_start_matches("bytes=").split_once('-').unwrap();
        (from.parse::<usize>().unwrap(), to.parse::<usize>().unwrap() + 1)
    });
    let (from, to) = range.unwrap_or((0, body.len()));
    let status = if range.is_some() { "206 Partial Content" } else { "200 OK" };
    let kind = if request.path.ends_with('/') { "text/html" } else { "application/octet-stream" };
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nConnection: close");
    write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n", to - from)?;
    if !is_get {
        return Ok(());
    }
    let breaks = match manner {
        Manner::BreakOnce { .. } => first_time,
        Manner::BreakAlways => true,
        _ => false,
    };
    let end = if breaks { from + (to - from) / 2 } else { to };
    for piece in body[from..end].chunks(16 << 10) {
        stream.write_all(piece)?;
        if manner == Manner::Slow {
            std::thread::sleep(std::time::Duration::from_millis(30));
        }
    }
    Ok(())
}
