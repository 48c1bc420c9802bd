//! Clients that do everything wrong, at once and on purpose: whoever behaves does not notice them.

#![allow(clippy::unwrap_used, reason = "a test")]

mod server_support;

use lectern::server::{Limits, Rate};
use serde_json::json;
use server_support::{Client, Server, soon};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

/// Someone who behaves gets a whole answer.
async fn check_served(server: &Server, client_id: &str) {
    let mut client = server.join(client_id).await;
    client.say("are you there").await;
    assert_eq!(client.expect("response").await["response"], "are you there");
    client.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_malformed_frames_are_refused_and_slowed_down() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.join("noise").await;
    let frames = [
        "", "{", "[]", "{\"type\":\"shout\"}", "{\"type\":\"message\"}", "\u{0}", "🦀",
        "{\"type\":\"history\",\"limit\":-1}",
    ];
    let mut codes = std::collections::BTreeMap::<String, usize>::new();
    for number in 0..10_000 {
        client.send_raw(Message::text(frames[number % frames.len()])).await;
        let error = client.expect("error").await;
        *codes.entry(error["code"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    for code in ["bad_json", "bad_type", "empty", "rate_limited"] {
        assert!(codes.contains_key(code), "{codes:?}");
    }
    assert!(codes["rate_limited"] > 5_000, "{codes:?}");
    check_served(&server, "ann").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_that_never_end_are_given_up() {
    let limits = Limits { head_timeout: Duration::from_millis(300), ..Limits::default() };
    let server = Server::start(limits).await;
    let mut slow = Vec::new();
    for _ in 0..200 {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ").await.unwrap();
        slow.push(stream);
    }
    check_served(&server, "ann").await;
    for mut stream in slow {
        let mut rest = Vec::new();
        // Closed, with or without an answer that says so; a reset is an end as well.
        let _reset = soon("the server to give up", stream.read_to_end(&mut rest)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn half_open_sockets_are_dropped() {
    let limits = Limits {
        silent_after: Duration::from_millis(400),
        ping_every: Duration::from_millis(100),
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let mut silent = Vec::new();
    for number in 0..20 {
        // A client that is never polled answers no ping, as one whose network is gone.
        silent.push(server.connect(&format!("gone-{number}")).await);
    }
    server.until_health("active_connections", 0).await;
    drop(silent);
    check_served(&server, "ann").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_connects_at_once_are_all_let_in() {
    let server = Server::start(Limits::default()).await;
    let joins: Vec<_> = (0..500)
        .map(|number| {
            let url = format!("ws://{}/ws/student-{number}", server.address);
            tokio::spawn(async move {
                let mut client = Client(soon("a connection", tokio_tungstenite::connect_async(url)).await.unwrap().0);
                client.expect("welcome").await;
                client
            })
        })
        .collect();
    let mut clients = Vec::new();
    for join in joins {
        clients.push(join.await.unwrap());
    }
    assert_eq!(server.get("/health", &[]).await.json()["active_connections"], 500);
    clients.into_iter().for_each(Client::vanish);
    server.until_health("active_connections", 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_sockets_with_one_name_one_stays() {
    let server = Server::start(Limits::default()).await;
    let mut sockets = Vec::new();
    for _ in 0..50 {
        sockets.push(server.join("ann").await);
    }
    let mut last = sockets.pop().unwrap();
    for mut older in sockets {
        assert_eq!(older.close_code().await, 4001);
    }
    last.say("only me").await;
    assert_eq!(last.expect("response").await["response"], "only me");
    last.expect_nothing().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_student_in_a_hurry_is_told_when_to_come_again() {
    let limits = Limits { messages: Rate { per_minute: 60, burst: 3 }, ..Limits::default() };
    let server = Server::start(limits).await;
    let mut hurried = server.join("hurried").await;
    for _ in 0..3 {
        hurried.say("again").await;
        hurried.expect("response").await;
    }
    hurried.say("again").await;
    let refused = hurried.expect("error").await;
    assert_eq!(refused["code"], "rate_limited");
    assert!(refused["retry_after_ms"].as_u64().unwrap() <= 1000, "{refused}");
    check_served(&server, "ann").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_classroom_is_an_error_and_then_goes_on() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.join("ann").await;
    let lock = rusqlite::Connection::open(server.database_file()).unwrap();
    lock.execute_batch("BEGIN EXCLUSIVE").unwrap();
    client.say("while locked").await;
    assert_eq!(client.expect("error").await["code"], "internal");
    lock.execute_batch("ROLLBACK").unwrap();
    client.say("after it").await;
    assert_eq!(client.expect("response").await["response"], "after it");
    client.send(json!({"type": "history"})).await;
    let history = client.expect("history").await;
    assert_eq!(history["messages"].as_array().unwrap().len(), 2, "the refused message is not kept: {history}");
}

/// As if the clock had been right until now, and then was set back by a year: all that is kept lies in the future.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_set_back_loses_nothing_and_repeats_nothing() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.join("ann").await;
    client.say("before").await;
    client.expect("response").await;
    client.leave().await;
    let url = format!("ws://{}/teach/ws", server.address);
    let mut teacher = Client(soon("a connection", tokio_tungstenite::connect_async(url)).await.unwrap().0);
    teacher.send(json!({"type": "announce", "content": "said before"})).await;
    teacher.frames_until("done").await;
    let kept = rusqlite::Connection::open(server.database_file()).unwrap();
    let times = "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c
                 WHERE t.type = 'table' AND c.name IN ('created', 'updated', 'replied', 'asked')";
    let mut statement = kept.prepare(times).unwrap();
    let columns = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let columns: Vec<(String, String)> = columns.map(Result::unwrap).collect();
    assert!(columns.len() >= 6, "{columns:?}");
    for (table, column) in &columns {
        kept.execute_batch(&format!("UPDATE {table} SET {column} = {column} + 31536000")).unwrap();
    }
    let server = server.restart(Limits::default()).await;
    let mut client = server.connect("ann").await;
    assert_eq!(client.expect("welcome").await["resumed"], true);
    assert_eq!(client.expect("notice").await["content"], "said before");
    client.say("after").await;
    assert_eq!(client.expect("response").await["response"], "after");
    client.send(json!({"type": "history"})).await;
    let history = client.expect("history").await;
    let said: Vec<_> = history["messages"].as_array().unwrap().iter().map(|message| &message["content"]).collect();
    assert_eq!(said, ["before", "before", "after", "after"], "in the order in which it was said");
    client.leave().await;
    let mut again = server.connect("ann").await;
    again.expect("welcome").await;
    again.send(json!({"type": "ping"})).await;
    assert_eq!(again.frame().await["type"], "pong", "the notice does not come twice");
    assert_eq!(server.get("/api/sessions/ann/export", &[]).await.status, 200);
}
