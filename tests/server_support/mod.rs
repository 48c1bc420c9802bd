//! A server with a stand-in teacher on a free port, and clients for it.

#![allow(clippy::unwrap_used, reason = "a test")]
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its own part")]

use futures_util::{SinkExt as _, StreamExt as _};
use lectern::classroom::{Setting, Store};
use lectern::passage::Citation;
use lectern::server::{
    Access, BookEntry, Books, BooksError, ClassAccess, Cors, Counts, Intake, Limits, PageEntry, Parts, ServerError,
    ServerInfo,
};
use lectern::tutor::{
    Cancel, Finish, Learner, LessonPlace, Mode, Reply, Said, Session, State, Student, Teach, TurnEvent, TutorError,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use tokio_util::sync::CancellationToken;

/// Far longer than anything here takes: reached only when something is broken.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for what must happen.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("waited too long for {what}"))
}

/// Words that the teacher obeys; anything else is repeated.
#[derive(Default)]
pub struct Teacher {
    open: Mutex<bool>,
    changed: Condvar,
}

impl Teacher {
    /// Lets every `wait` go on, those to come too.
    pub fn open_gate(&self) {
        *self.open.lock().unwrap() = true;
        self.changed.notify_all();
    }

    fn wait_for_gate(&self, cancel: &Cancel) {
        let mut open = self.open.lock().unwrap();
        while !*open && !cancel.is_cancelled() {
            open = self.changed.wait_timeout(open, Duration::from_millis(5)).unwrap().0;
        }
    }
}

pub fn citation() -> Citation {
    Citation {
        book: "rivers.pdf".into(),
        title: "Rivers".into(),
        page: 12,
        page_label: "iv".into(),
        quote: "The Indus is a river".into(),
        url: "/api/books/rivers/file#page=12".into(),
        spans: Vec::new(),
    }
}

impl Teach for Teacher {
    fn welcome(&self, session: &Session, _: &Learner) -> String {
        match &session.current_topic {
            Some(topic) => format!("Back to {topic}."),
            None => "Hello!".into(),
        }
    }

    /// `wait WORDS` says a word, waits for the gate, then says the others; `flood N` says N times 64 KiB;
    /// `teach TOPIC` begins a lesson; `fail`, `busy` and `panic` do that.
    fn turn(
        &self,
        Student { session, .. }: Student<'_>,
        Said { content: message, .. }: Said<'_>,
        events: &mut dyn FnMut(TurnEvent),
        cancel: &Cancel,
    ) -> Result<Reply, TutorError> {
        let (verb, rest) = message.split_once(' ').unwrap_or((message, ""));
        let mut words: Vec<String> = message.split_inclusive(' ').map(str::to_owned).collect();
        let mut lesson = None;
        match verb {
            "fail" => return Err(TutorError::Internal("told to".into())),
            "busy" => return Err(TutorError::Overloaded { retry_after: Duration::from_millis(1234) }),
            "panic" => panic!("told to"),
            "flood" => words = vec!["x".repeat(1 << 16); rest.parse().unwrap()],
            "teach" => {
                session.mode = Mode::Teaching;
                session.current_topic = Some(rest.to_owned());
                lesson = Some(LessonPlace { title: rest.to_owned(), step: 1, total: 3, reading_grade: None });
            }
            _ => {}
        }
        events(TurnEvent::Status { state: State::Searching, queue_position: None });
        events(TurnEvent::Citations(vec![citation()]));
        events(TurnEvent::Status { state: State::Writing, queue_position: None });
        let mut text = String::new();
        for (index, word) in words.iter().enumerate() {
            if index == 1 && verb == "wait" {
                self.wait_for_gate(cancel);
            }
            if cancel.is_cancelled() {
                break;
            }
            text.push_str(word);
            events(TurnEvent::Delta(word.clone()));
        }
        Ok(Reply {
            text,
            mode: session.mode,
            current_topic: session.current_topic.clone(),
            citations: vec![citation()],
            grounded: true,
            lesson,
            quiz: None,
            progress: None,
            asked: None,
            finish: if cancel.is_cancelled() { Finish::Cancelled } else { Finish::Stop },
        })
    }
}

/// One book, whose file is 1,000 bytes of digits.
pub struct Shelf(PathBuf);

pub fn book_bytes() -> Vec<u8> {
    (0..1000).map(|n: u32| b'0' + u8::try_from(n % 10).unwrap()).collect()
}

impl Books for Shelf {
    fn books(&self) -> Result<Vec<BookEntry>, BooksError> {
        let topics = vec!["The Indus".to_owned()];
        let (id, title, file_name) = ("rivers".into(), "Rivers".into(), "rivers.pdf".into());
        Ok(vec![BookEntry { id, title, file_name, num_pages: 40, num_chunks: 200, topics }])
    }

    fn file(&self, id: &str) -> Result<Option<PathBuf>, BooksError> {
        match id {
            "rivers" => Ok(Some(self.0.join("rivers.pdf"))),
            "lost" => Ok(Some(self.0.join("lost.pdf"))),
            "broken" => Err(BooksError("told to".into())),
            _ => Ok(None),
        }
    }

    fn page(&self, id: &str, page: u32) -> Result<Option<PageEntry>, BooksError> {
        let entry = PageEntry { page, page_label: "iv".into(), text: "The Indus floods.".into() };
        Ok((id == "rivers" && page == 4).then_some(entry))
    }

    fn counts(&self) -> Result<Counts, BooksError> {
        Ok(Counts { books: 1, chunks: 200 })
    }
}

/// The code and the teacher's password of a class in a test.
pub const CLASS_CODE: &str = "KITE42";
pub const PASSWORD: &str = "silt-and-mud";

/// A data folder, with the file of the stand-in's book.
struct Folder {
    path: PathBuf,
    _own: Option<tempfile::TempDir>,
}

impl Folder {
    fn new() -> Self {
        let own = tempfile::tempdir().unwrap();
        std::fs::write(own.path().join("rivers.pdf"), book_bytes()).unwrap();
        Self { path: own.path().to_owned(), _own: Some(own) }
    }
}

/// What a server is started with.
#[derive(Clone, Default)]
pub struct Setup {
    limits: Limits,
    cors: Cors,
    access: Access,
    /// Who teaches instead of the stand-in.
    teaching: Option<Arc<dyn Teach>>,
    /// Who reads new books.
    intake: Option<Arc<dyn Intake>>,
}

/// A running server.
pub struct Server {
    pub address: SocketAddr,
    pub teacher: Arc<Teacher>,
    pub shutdown: CancellationToken,
    pub ended: tokio::task::JoinHandle<Result<(), ServerError>>,
    folder: Arc<Folder>,
    setup: Setup,
    _gate: OpensGate,
}

/// A test that ends leaves no turn waiting: its runtime would wait for it too.
struct OpensGate(Arc<Teacher>);

impl Drop for OpensGate {
    fn drop(&mut self) {
        self.0.open_gate();
    }
}

impl Server {
    /// With an empty data folder.
    pub async fn start(limits: Limits) -> Self {
        Self::start_with(limits, Cors::default()).await
    }

    pub async fn start_with(limits: Limits, cors: Cors) -> Self {
        let folder = Folder::new();
        Self::start_in(Arc::new(folder), limits, cors).await
    }

    /// With an empty data folder and this teacher.
    pub async fn start_teaching(teaching: Arc<dyn Teach>, limits: Limits) -> Self {
        let folder = Folder::new();
        Self::start_as(Arc::new(folder), Setup { limits, teaching: Some(teaching), ..Setup::default() }).await
    }

    /// With an empty data folder and someone who reads new books.
    pub async fn start_taking_books(intake: Arc<dyn Intake>, limits: Limits) -> Self {
        let folder = Folder::new();
        Self::start_as(Arc::new(folder), Setup { limits, intake: Some(intake), ..Setup::default() }).await
    }

    /// With an empty data folder, for a class that logs in.
    pub async fn start_class(limits: Limits) -> Self {
        let folder = Folder::new();
        let access = Access::Class(ClassAccess::default());
        let classroom = Store::open(&Self::database(&folder.path)).unwrap();
        classroom.set(Setting::ClassCode, CLASS_CODE).unwrap();
        classroom.set(Setting::TeacherPassword, &lectern::server::hash_password(PASSWORD)).unwrap();
        Self::start_as(Arc::new(folder), Setup { limits, access, ..Setup::default() }).await
    }

    /// With what is in this data folder, which stays.
    pub async fn start_at(folder: &Path, limits: Limits) -> Self {
        let folder = Folder { path: folder.to_owned(), _own: None };
        Self::start_as(Arc::new(folder), Setup { limits, ..Setup::default() }).await
    }

    async fn start_in(folder: Arc<Folder>, limits: Limits, cors: Cors) -> Self {
        Self::start_as(folder, Setup { limits, cors, ..Setup::default() }).await
    }

    async fn start_as(folder: Arc<Folder>, setup: Setup) -> Self {
        let Setup { limits, cors, access, teaching, intake } = setup.clone();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let teacher = Arc::new(Teacher::default());
        let (name, version) = ("lectern".into(), "0".into());
        let parts = Parts {
            teacher: teaching.clone().unwrap_or_else(|| teacher.clone()),
            classroom: Store::open(&Self::database(&folder.path)).unwrap(),
            library: Arc::new(Shelf(folder.path.clone())),
            info: ServerInfo { name, version, model: "stand-in".into(), embed_model: "none".into() },
            limits,
            cors,
            access,
            tls: None,
            engine: None,
            openai: None,
            intake,
        };
        let shutdown = CancellationToken::new();
        let ended = tokio::spawn(lectern::server::run(listener, parts, shutdown.clone()));
        let gate = OpensGate(Arc::clone(&teacher));
        Self { address, teacher, shutdown, ended, folder, setup, _gate: gate }
    }

    fn database(folder: &Path) -> PathBuf {
        folder.join("classroom.sqlite")
    }

    /// Where the classroom's file is.
    pub fn database_file(&self) -> PathBuf {
        Self::database(&self.folder.path)
    }

    /// The classroom's file, opened a second time.
    pub fn classroom(&self) -> Store {
        Store::open(&Self::database(&self.folder.path)).unwrap()
    }

    /// Ends the server; the answer of `run`.
    pub async fn end(self) -> Result<(), ServerError> {
        self.shutdown.cancel();
        soon("the end of the server", self.ended).await.unwrap()
    }

    /// Ends the server and starts another with the same data folder.
    pub async fn restart(self, limits: Limits) -> Self {
        let (folder, setup) = (Arc::clone(&self.folder), self.setup.clone());
        self.end().await.unwrap();
        Self::start_as(folder, Setup { limits, ..setup }).await
    }

    /// A client that has read its welcome.
    pub async fn join(&self, client_id: &str) -> Client {
        let mut client = self.connect(client_id).await;
        assert_eq!(client.frame().await["type"], "welcome");
        client
    }

    /// A client that has read nothing. `target` is what comes after `/ws/`.
    pub async fn connect(&self, target: &str) -> Client {
        let url = format!("ws://{}/ws/{target}", self.address);
        let connecting = soon("a connection", tokio_tungstenite::connect_async(url)).await;
        Client(connecting.unwrap().0)
    }

    /// What HTTP answers.
    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.request("GET", path, headers).await
    }

    pub async fn request(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.request_with(method, path, headers, b"").await
    }

    /// A request with a body of JSON.
    pub async fn post(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let headers = [&[("Content-Type", "application/json")], headers].concat();
        self.request_with("POST", path, &headers, body.to_string().as_bytes()).await
    }

    pub async fn request_with(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        request(self.address, method, path, headers, body).await
    }

    /// Waits until a number of `/health` is as expected.
    pub async fn until_health(&self, field: &str, expect: u64) {
        soon(&format!("{field} to be {expect}"), async {
            while self.get("/health", &[]).await.json()[field] != expect {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await;
    }
}

/// Asks a server that may be another process.
pub async fn request(address: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(&[format!("{head}\r\n").as_bytes(), body].concat()).await.unwrap();
    let mut bytes = Vec::new();
    soon("an answer", stream.read_to_end(&mut bytes)).await.unwrap();
    Answer::read(&bytes)
}

/// A form with these files in fields of these names, and its type.
pub fn form(files: &[(&str, &str, &[u8])]) -> (String, Vec<u8>) {
    let mut body = Vec::new();
    for (field, file_name, bytes) in files {
        let head =
            format!("--edge\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{file_name}\"\r\n\r\n");
        body.extend_from_slice(&[head.as_bytes(), bytes, b"\r\n"].concat());
    }
    body.extend_from_slice(b"--edge--\r\n");
    ("multipart/form-data; boundary=edge".to_owned(), body)
}

/// An HTTP answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Answer {
    fn read(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a blank line ends the headers");
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.map(|line| line.split_once(": ").unwrap());
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
        Self { status, headers, body: bytes[end + 4..].to_vec() }
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// The code of the error, after checking that its message says something.
    pub fn error_code(&self) -> String {
        let answer = self.json();
        assert!(answer["error"]["message"].as_str().unwrap().len() > 10, "{answer}");
        answer["error"]["code"].as_str().unwrap().to_owned()
    }
}

/// One WebSocket.
pub struct Client(pub WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    pub async fn send(&mut self, frame: Value) {
        self.send_raw(Message::text(frame.to_string())).await;
    }

    pub async fn send_raw(&mut self, message: Message) {
        soon("a frame to be sent", self.0.send(message)).await.unwrap();
    }

    pub async fn say(&mut self, content: &str) {
        self.send(json!({"type": "message", "content": content})).await;
    }

    pub async fn say_streaming(&mut self, content: &str) {
        self.send(json!({"type": "message", "content": content, "stream": true})).await;
    }

    /// The next frame; pings are answered and skipped.
    pub async fn frame(&mut self) -> Value {
        loop {
            match soon("a frame", self.0.next()).await.expect("the connection is open").unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("a text frame, not {other:?}"),
            }
        }
    }

    /// The frames up to the first of this type, which is the last of them.
    pub async fn frames_until(&mut self, kind: &str) -> Vec<Value> {
        let mut frames = Vec::new();
        loop {
            frames.push(self.frame().await);
            if frames.last().unwrap()["type"] == kind {
                return frames;
            }
        }
    }

    /// The next frame, which is of this type.
    pub async fn expect(&mut self, kind: &str) -> Value {
        let frame = self.frame().await;
        assert_eq!(frame["type"], kind, "{frame}");
        frame
    }

    /// Nothing was sent but what has been read: the next answer is the pong.
    pub async fn expect_nothing(&mut self) {
        self.send(json!({"type": "ping"})).await;
        self.expect("pong").await;
    }

    /// The close code; frames before it are skipped.
    pub async fn close_code(&mut self) -> u16 {
        loop {
            match soon("the close", self.0.next()).await {
                Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                Some(Ok(_)) => {}
                other => panic!("a close frame, not {other:?}"),
            }
        }
    }

    /// Says goodbye and waits for the answer.
    pub async fn leave(mut self) {
        self.0.close(None).await.unwrap();
        while let Some(Ok(_)) = soon("the end", self.0.next()).await {}
    }

    /// Vanishes without a word.
    pub fn vanish(self) {
        drop(self);
    }
}

/// The joined deltas of some frames, after checking that their numbers grow by one.
pub fn joined(frames: &[Value]) -> String {
    let deltas: Vec<_> = frames.iter().filter(|frame| frame["type"] == "delta").collect();
    for pair in deltas.windows(2) {
        assert_eq!(pair[0]["seq"].as_u64().unwrap() + 1, pair[1]["seq"].as_u64().unwrap());
    }
    deltas.iter().map(|frame| frame["delta"].as_str().unwrap()).collect()
}
