//! Sessions that outlive connections and servers; connections that vanish, stall or are too many; the end.

#![allow(clippy::unwrap_used, reason = "a test")]

mod server_support;

use lectern::server::Limits;
use serde_json::json;
use server_support::{Client, PATIENCE, Server, joined, soon};
use std::time::Duration;

/// Says something and leaves in the middle of the reply; the `seq` of the last delta seen.
async fn leave_in_the_middle(server: &Server, content: &str) -> i64 {
    let mut client = server.join("ann").await;
    client.say_streaming(content).await;
    let seq = client.frames_until("delta").await.pop().unwrap()["seq"].as_i64().unwrap();
    client.vanish();
    server.until_health("active_connections", 0).await;
    seq
}

#[tokio::test]
async fn a_naive_client_gets_the_missed_response_on_reconnect() {
    let server = Server::start(Limits::default()).await;
    leave_in_the_middle(&server, "wait for a bus").await;
    server.teacher.open_gate();
    server.until_health("running_turns", 0).await;
    let mut client = server.connect("ann").await;
    assert_eq!(client.expect("welcome").await["resumed"], true);
    let response = client.expect("response").await;
    assert_eq!((&response["response"], &response["finish"]), (&json!("wait for a bus"), &json!("stop")));
    client.expect_nothing().await;
    client.leave().await;
    server.join("ann").await.expect_nothing().await;
}

#[tokio::test]
async fn a_naive_client_that_comes_back_during_the_turn_gets_the_response_once() {
    let server = Server::start(Limits::default()).await;
    leave_in_the_middle(&server, "wait for a bus").await;
    let mut client = server.join("ann").await;
    client.expect_nothing().await;
    server.teacher.open_gate();
    assert_eq!(client.expect("response").await["response"], "wait for a bus");
    client.expect_nothing().await;
}

#[tokio::test]
async fn resume_gives_the_missed_words_and_then_the_rest() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.join("ann").await;
    client.say_streaming("some words before").await;
    client.frames_until("response").await;
    client.leave().await;
    let seen = leave_in_the_middle(&server, "wait for a bus").await;
    assert_eq!(seen, 4, "numbers go on over all messages of the session");
    for after in [seen, 0, -5, seen + 1000] {
        let mut client = server.join("ann").await;
        client.send(json!({"type": "resume", "after_seq": after})).await;
        let kinds = ["status", "citations"];
        for kind in kinds {
            client.expect(kind).await;
        }
        if after != seen {
            assert_eq!(client.expect("delta").await["seq"], seen);
        }
        client.expect_nothing().await;
        client.vanish();
    }
    let mut client = server.join("ann").await;
    client.send(json!({"type": "resume", "after_seq": seen})).await;
    client.expect("status").await;
    client.expect("citations").await;
    server.teacher.open_gate();
    let frames = client.frames_until("response").await;
    assert_eq!(joined(&frames), "for a bus");
    assert_eq!(frames.last().unwrap()["response"], "wait for a bus");
    client.send(json!({"type": "resume", "after_seq": seen})).await;
    assert_eq!(client.expect("response").await["response"], "wait for a bus", "the turn has ended");
}

#[tokio::test]
async fn resume_after_the_end_gives_the_response_once() {
    let server = Server::start(Limits::default()).await;
    let seen = leave_in_the_middle(&server, "wait for a bus").await;
    server.teacher.open_gate();
    server.until_health("running_turns", 0).await;
    let mut client = server.join("ann").await;
    client.send(json!({"type": "resume", "after_seq": seen})).await;
    assert_eq!(client.expect("response").await["response"], "wait for a bus");
    client.expect_nothing().await;
}

#[tokio::test]
async fn a_session_outlives_the_server() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.join("ann").await;
    client.say("teach Rivers").await;
    client.expect("response").await;
    client.leave().await;
    // Killed while it answered: only the student's words are there, and they are answered when the student is back.
    server.classroom().accept("ann", "what is a delta?", 0).unwrap();
    let server = server.restart(Limits::default()).await;
    let mut client = server.connect("ann").await;
    let welcome = client.expect("welcome").await;
    assert_eq!((&welcome["response"], &welcome["resumed"]), (&json!("Back to Rivers."), &json!(true)));
    assert_eq!((&welcome["mode"], &welcome["current_topic"]), (&json!("teaching"), &json!("Rivers")));
    assert_eq!(client.expect("response").await["response"], "what is a delta?");
    client.send(json!({"type": "history"})).await;
    let history = client.expect("history").await;
    let told: Vec<_> = history["messages"].as_array().unwrap().iter().map(|one| one["content"].clone()).collect();
    assert_eq!(told, ["teach Rivers", "teach Rivers", "what is a delta?", "what is a delta?"]);
    client.say_streaming("go on").await;
    let frames = client.frames_until("response").await;
    assert_eq!(frames.last().unwrap()["current_topic"], "Rivers");
    let first = frames.iter().find(|frame| frame["type"] == "delta").unwrap();
    assert_eq!(first["seq"], 7, "after the six that were counted before");
}

#[tokio::test]
async fn a_response_that_was_missed_is_kept_over_a_restart() {
    let server = Server::start(Limits::default()).await;
    leave_in_the_middle(&server, "wait for a bus").await;
    server.teacher.open_gate();
    server.until_health("running_turns", 0).await;
    let server = server.restart(Limits::default()).await;
    let mut client = server.join("ann").await;
    assert_eq!(client.expect("response").await["response"], "wait for a bus");
}

#[tokio::test]
async fn a_student_who_does_not_come_back_frees_the_turn() {
    let server = Server::start(Limits { keep_turn: Duration::from_millis(50), ..Limits::default() }).await;
    leave_in_the_middle(&server, "wait for ever").await;
    server.until_health("running_turns", 0).await;
    let mut client = server.join("ann").await;
    assert_eq!(client.expect("response").await["finish"], "cancelled");
}

#[tokio::test]
async fn a_silent_peer_is_dropped_and_one_that_answers_pings_stays() {
    let (ping_every, silent_after) = (Duration::from_millis(100), Duration::from_millis(1000));
    let server = Server::start(Limits { ping_every, silent_after, ..Limits::default() }).await;
    let silent = server.join("silent").await;
    let mut alive = server.join("alive").await;
    let pings = async {
        use futures_util::StreamExt as _;
        loop {
            let message = alive.0.next().await.expect("the connection is open").unwrap();
            assert!(message.is_ping(), "{message:?}");
        }
    };
    tokio::select! {
        () = server.until_health("active_connections", 1) => {}
        () = pings => unreachable!("the pings never end"),
    }
    alive.expect_nothing().await;
    drop(silent);
}

#[tokio::test]
async fn a_client_that_does_not_read_is_dropped_and_holds_up_nobody() {
    let limits = Limits { max_outgoing_bytes: 1 << 20, write_timeout: Duration::from_secs(1), ..Limits::default() };
    let server = Server::start(limits).await;
    let mut slow = server.join("slow").await;
    let mut other = server.join("other").await;
    slow.say_streaming("flood 600").await;
    server.until_health("active_connections", 1).await;
    other.say("hello").await;
    assert_eq!(other.expect("response").await["response"], "hello");
    server.until_health("running_turns", 0).await;
    drop(slow);
}

#[tokio::test]
async fn two_hundred_clients_at_once_and_not_one_more() {
    let server = Server::start(Limits { max_connections: 200, ..Limits::default() }).await;
    let names: Vec<_> = (0..200).map(|number| format!("client-{number}")).collect();
    let joining = names.iter().map(|name| server.join(name));
    let mut clients = futures_util::future::join_all(joining).await;
    let refused = tokio_tungstenite::connect_async(format!("ws://{}/ws/late", server.address)).await.unwrap_err();
    let tokio_tungstenite::tungstenite::Error::Http(answer) = refused else { panic!("{refused}") };
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    let body: serde_json::Value = serde_json::from_slice(answer.body().as_ref().unwrap()).unwrap();
    assert_eq!(body["error"]["code"], "overloaded");
    futures_util::future::join_all(clients.iter_mut().map(Client::expect_nothing)).await;
    for client in &mut clients {
        client.say("hello").await;
    }
    for client in &mut clients {
        assert_eq!(client.expect("response").await["response"], "hello");
    }
    clients.pop().unwrap().leave().await;
    server.until_health("active_connections", 199).await;
    server.join("late").await.expect_nothing().await;
}

#[tokio::test]
async fn the_end_lets_running_turns_finish_and_closes_every_socket() {
    let server = Server::start(Limits { shutdown_deadline: PATIENCE, ..Limits::default() }).await;
    let mut idle = server.join("idle").await;
    let mut busy = server.join("busy").await;
    busy.say_streaming("wait for a bus").await;
    busy.frames_until("delta").await;
    busy.say("too late").await;
    server.shutdown.cancel();
    idle.say("hello").await;
    let answer = idle.frame().await;
    assert!(answer["type"] == "response" || answer["code"] == "overloaded", "{answer}");
    server.teacher.open_gate();
    assert_eq!(busy.frames_until("response").await.pop().unwrap()["response"], "wait for a bus");
    assert_eq!(busy.close_code().await, 1001);
    assert_eq!(idle.close_code().await, 1001);
    let address = server.address;
    server.end().await.unwrap();
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn the_end_stops_turns_at_the_deadline() {
    let server = Server::start(Limits { shutdown_deadline: Duration::from_millis(50), ..Limits::default() }).await;
    let mut client = server.join("ann").await;
    client.say_streaming("wait for ever").await;
    client.frames_until("delta").await;
    server.shutdown.cancel();
    assert_eq!(client.frames_until("response").await.pop().unwrap()["finish"], "cancelled");
    assert_eq!(client.close_code().await, 1001);
    soon("the end", server.ended).await.unwrap().unwrap();
}
