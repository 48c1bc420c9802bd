//! Every route and message, for everyone who may come: nobody, a student, another student, the teacher.

#![allow(clippy::unwrap_used, reason = "a test")]

mod server_support;

use lectern::server::{Limits, Rate};
use serde_json::{Value, json};
use server_support::{CLASS_CODE, Client, PASSWORD, Server};

/// A class with two students and the teacher: their tokens, and the students' `client_id`s.
struct Class {
    server: Server,
    ann: (String, String),
    ben: (String, String),
    teacher: String,
}

fn limits() -> Limits {
    Limits { tries: Rate { per_minute: 6000, burst: 1000 }, ..Limits::default() }
}

async fn join(server: &Server, name: &str, pin: [&str; 3]) -> server_support::Answer {
    server.post("/api/join", &[], &json!({"code": CLASS_CODE, "name": name, "pin": pin})).await
}

fn text(answer: &server_support::Answer, field: &str) -> String {
    answer.json()[field].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()
}

impl Class {
    async fn start() -> Self {
        let server = Server::start_class(limits()).await;
        let ann = join(&server, "Ann", ["sun", "fish", "tree"]).await;
        let ben = join(&server, "Ben", ["moon", "moon", "kite"]).await;
        let teacher = server.post("/api/login", &[], &json!({"password": PASSWORD})).await;
        let of = |answer| (text(answer, "token"), text(answer, "client_id"));
        Self { ann: of(&ann), ben: of(&ben), teacher: text(&teacher, "token"), server }
    }

    async fn status(&self, method: &str, path: &str, token: Option<&str>) -> u16 {
        let bearer = token.map(|token| format!("Bearer {token}"));
        let headers: Vec<_> = bearer.iter().map(|bearer| ("Authorization", bearer.as_str())).collect();
        self.server.request(method, path, &headers).await.status
    }

    async fn teacher_socket(&self) -> Client {
        let url = format!("ws://{}/teach/ws?token={}", self.server.address, self.teacher);
        Client(tokio_tungstenite::connect_async(url).await.unwrap().0)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_is_open_to_whom_it_should_be() {
    let class = Class::start().await;
    let (ann, ben) = (class.ann.1.clone(), class.ben.1.clone());
    let mut hello = class.server.connect(&format!("{ann}?token={}", class.ann.0)).await;
    hello.expect("welcome").await;
    hello.say("hello").await;
    hello.expect("response").await;
    hello.leave().await;
    // Of nobody, Ann, Ben and the teacher; what is Ann's is asked for by name.
    let yes = [200, 200, 200, 200];
    let teacher_only = [401, 403, 403, 200];
    let routes: Vec<(&str, String, [u16; 4])> = vec![
        ("GET", "/".into(), yes),
        ("GET", "/health".into(), yes),
        ("GET", "/metrics".into(), yes),
        ("GET", "/demo".into(), yes),
        ("GET", "/demo/app.js".into(), yes),
        ("GET", "/join".into(), yes),
        ("GET", "/teach".into(), yes),
        ("GET", "/api/me".into(), yes),
        ("GET", format!("/api/class?code={CLASS_CODE}"), yes),
        ("GET", "/api/class?code=WRONG1".into(), [403, 403, 403, 403]),
        ("GET", "/api/books".into(), [401, 200, 200, 200]),
        ("GET", "/api/books/rivers/file".into(), [401, 200, 200, 200]),
        ("GET", "/api/books/rivers/pages/4".into(), [401, 200, 200, 200]),
        ("GET", format!("/api/sessions/{ann}/export"), [401, 200, 403, 200]),
        ("GET", format!("/api/sessions/{ann}/export?format=html"), [401, 200, 403, 200]),
        ("GET", format!("/api/sessions/{ann}/progress"), [401, 200, 403, 200]),
        ("GET", format!("/api/sessions/{}/export", ann.replace("s-", "%73-")), [401, 200, 403, 200]),
        ("GET", format!("/api/sessions/{ben}/export"), [401, 403, 404, 404]),
        ("GET", "/api/sessions/s-guessed/export".into(), [401, 403, 403, 404]),
        ("GET", "/api/class/students".into(), teacher_only),
        ("GET", "/api/class/questions".into(), teacher_only),
        ("GET", "/api/class/mastery".into(), teacher_only),
        ("GET", "/api/class/export?format=csv".into(), teacher_only),
        ("POST", "/api/class/students".into(), [401, 403, 403, 400]),
        ("POST", "/api/books".into(), [401, 403, 403, 404]),
        ("DELETE", "/api/books/rivers".into(), [401, 403, 403, 404]),
        ("POST", "/api/class/code".into(), teacher_only),
        ("POST", "/api/password".into(), [401, 403, 403, 400]),
        ("POST", format!("/api/class/students/{ben}/forget-pin"), [401, 403, 403, 204]),
        ("DELETE", format!("/api/class/students/{ben}"), [401, 403, 401, 204]),
        ("GET", "/v1/models".into(), [404, 404, 404, 404]),
        ("GET", "/nowhere".into(), [404, 404, 404, 404]),
    ];
    for (method, path, expect) in routes {
        let tokens = [None, Some(class.ann.0.as_str()), Some(class.ben.0.as_str()), Some(class.teacher.as_str())];
        let mut found = Vec::new();
        for token in tokens {
            found.push(class.status(method, &path, token).await);
        }
        assert_eq!(found, expect, "{method} {path} for nobody, Ann, Ben, the teacher");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_entered_by_its_own_student_alone() {
    let class = Class::start().await;
    let (ann, ben) = (&class.ann, &class.ben);
    let upgrade = async |target: &str, token: &str| {
        let url = format!("ws://{}{target}?token={token}", class.server.address);
        match tokio_tungstenite::connect_async(url).await {
            Ok(_) => 101,
            Err(tokio_tungstenite::tungstenite::Error::Http(answer)) => answer.status().as_u16(),
            Err(error) => panic!("{error}"),
        }
    };
    for (target, token, expect) in [
        (format!("/ws/{}", ann.1), ann.0.as_str(), 101),
        (format!("/ws/{}", ann.1), ben.0.as_str(), 403),
        (format!("/ws/{}", ann.1), class.teacher.as_str(), 403),
        (format!("/ws/{}", ann.1), "", 401),
        (format!("/ws/{}", ann.1), "guessed", 401),
        ("/ws/anything".to_owned(), ann.0.as_str(), 403),
        ("/ws/teacher".to_owned(), class.teacher.as_str(), 101),
        ("/teach/ws".to_owned(), class.teacher.as_str(), 101),
        ("/teach/ws".to_owned(), ann.0.as_str(), 403),
        ("/teach/ws".to_owned(), "", 401),
    ] {
        assert_eq!(upgrade(&target, token).await, expect, "{target} {token}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_student_joins_by_code_name_and_pictures() {
    let server = Server::start_class(limits()).await;
    let first = join(&server, " Asha  Rao ", ["sun", "fish", "tree"]).await;
    assert_eq!((first.status, &first.json()["name"], &first.json()["is_new"]), (200, &json!("Asha Rao"), &json!(true)));
    let cookie = first.headers["set-cookie"].clone();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let again = join(&server, "asha rao", ["sun", "fish", "tree"]).await;
    assert_eq!(again.json()["client_id"], first.json()["client_id"]);
    assert_eq!(again.json()["is_new"], false);
    assert_ne!(again.json()["token"], first.json()["token"]);
    assert_eq!(join(&server, "Asha Rao", ["sun", "fish", "star"]).await.error_code(), "unauthorized");
    assert_eq!(join(&server, "", ["sun", "fish", "star"]).await.status, 400);
    assert_eq!(join(&server, "Ben", ["sun", "fish", "cow"]).await.status, 400);
    let wrong = json!({"code": "NOTTHE", "name": "Ben", "pin": ["sun", "sun", "sun"]});
    assert_eq!(server.post("/api/join", &[], &wrong).await.error_code(), "forbidden");
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let me = async || server.get("/api/me", &[("Cookie", &cookie)]).await.json();
    assert_eq!(me().await["name"], "Asha Rao");
    server.post("/api/logout", &[("Cookie", &cookie)], &json!({})).await;
    assert_eq!(me().await["role"], Value::Null);
    assert_eq!(server.post("/api/login", &[], &json!({"password": "guessed"})).await.error_code(), "unauthorized");
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_is_slowed_down() {
    let limits = Limits { tries: Rate { per_minute: 1, burst: 3 }, ..Limits::default() };
    let server = Server::start_class(limits).await;
    join(&server, "Ann", ["sun", "fish", "tree"]).await;
    let mut answers = Vec::new();
    for picture in ["sun", "moon", "star"] {
        answers.push(join(&server, "ann", ["sun", "fish", picture]).await.status);
    }
    assert_eq!(answers, [401, 401, 429], "the third try for one name, also by another spelling");
    let refused = join(&server, "Ann", ["sun", "fish", "tree"]).await;
    assert!(refused.headers["retry-after"].parse::<u64>().unwrap() > 0);
    assert_eq!(join(&server, "Ben", ["sun", "fish", "tree"]).await.status, 200, "another name is free");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_teacher_sees_and_leads_the_class() {
    let class = Class::start().await;
    let mut ann = class.server.connect(&format!("{}?token={}&stream=1", class.ann.1, class.ann.0)).await;
    ann.expect("welcome").await;
    let mut teacher = class.teacher_socket().await;
    let seen = teacher.expect("class").await;
    let names: Vec<_> = seen["students"].as_array().unwrap().iter().map(|one| (&one["name"], &one["state"])).collect();
    assert_eq!(names, [(&json!("Ann"), &json!("idle")), (&json!("Ben"), &json!("away"))]);
    assert_eq!(seen["code"], CLASS_CODE);
    teacher.send(json!({"type": "announce", "id": 1, "content": "page 12, please"})).await;
    assert_eq!(ann.expect("notice").await["content"], "page 12, please");
    assert_eq!(teacher.frames_until("done").await.last().unwrap()["reached"], 1);
    teacher.send(json!({"type": "tell", "id": 2, "client_id": class.ben.1, "content": "come in"})).await;
    assert_eq!(teacher.frames_until("done").await.last().unwrap()["reached"], 0);
    ann.expect_nothing().await;
    let mut ben = class.server.connect(&format!("{}?token={}", class.ben.1, class.ben.0)).await;
    ben.expect("welcome").await;
    let waiting = [ben.expect("notice").await, ben.expect("notice").await];
    assert_eq!(waiting.map(|notice| notice["content"].clone()), ["page 12, please", "come in"]);
    teacher.send(json!({"type": "pause", "id": 3, "paused": true})).await;
    assert_eq!(ann.expect("paused").await["paused"], true);
    ann.say("hello").await;
    assert_eq!(ann.expect("error").await["code"], "paused");
    teacher.send(json!({"type": "pause", "id": 4, "paused": false})).await;
    assert_eq!(ann.expect("paused").await["paused"], false);
    teacher.send(json!({"type": "lesson", "id": 5, "topic": "Floods"})).await;
    let started = ann.expect("started").await;
    let frames = ann.frames_until("response").await;
    assert_eq!(frames.last().unwrap()["message_id"], started["message_id"]);
    ben.expect("paused").await;
    ben.expect("paused").await;
    ben.expect("started").await;
    ben.expect("response").await;
    // Who is taken off the list is out at once, and nothing of theirs is left.
    assert_eq!(
        class.status("DELETE", &format!("/api/class/students/{}", class.ben.1), Some(&class.teacher)).await,
        204
    );
    assert_eq!(ben.close_code().await, 1008);
    assert_eq!(class.server.classroom().session(&class.ben.1).unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_sites_do_not_lead_an_open_class() {
    let server = Server::start(Limits::default()).await;
    for (origin, expect) in [("http://evil.example", 403), ("null", 403)] {
        let answer = server.request("POST", "/api/class/code", &[("Origin", origin)]).await;
        assert_eq!(answer.status, expect, "{origin}");
    }
    let own = format!("http://{}", server.address);
    assert_eq!(server.request("POST", "/api/class/code", &[("Origin", &own)]).await.status, 200);
    assert_eq!(
        server.get("/api/me", &[]).await.json(),
        json!({"login": false, "role": "teacher", "client_id": null, "name": null})
    );
}
