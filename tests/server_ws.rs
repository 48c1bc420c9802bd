//! The WebSocket protocol through real sockets, with a stand-in teacher: what a client says and gets.

#![allow(clippy::unwrap_used, reason = "a test")]

mod server_support;

use lectern::server::Limits;
use serde_json::{Value, json};
use server_support::{Server, citation, joined};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

/// Checks a time of the wire and takes it out.
fn without_timestamp(mut frame: Value) -> Value {
    let time = frame.as_object_mut().unwrap().shift_remove("timestamp").expect("a timestamp");
    let time = time.as_str().unwrap();
    assert!(time.len() == 20 && time.parse::<jiff::Timestamp>().is_ok(), "{time}");
    frame
}

#[tokio::test]
async fn the_first_table_to_the_letter() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.connect("ann").await;
    assert_eq!(
        without_timestamp(client.frame().await),
        json!({"type": "welcome", "response": "Hello!", "client_id": "ann", "mode": "idle", "current_topic": null,
               "resumed": false, "protocol": 1})
    );
    client.say("teach Indus Valley").await;
    let mut response = without_timestamp(client.frame().await);
    assert!(response.as_object_mut().unwrap().shift_remove("message_id").unwrap().is_string());
    assert_eq!(
        response,
        json!({"type": "response", "response": "teach Indus Valley", "mode": "teaching", "current_topic": "Indus Valley",
               "citations": [serde_json::to_value(citation()).unwrap()], "grounded": true,
               "lesson": {"title": "Indus Valley", "step": 1, "total": 3, "reading_grade": null}, "quiz": null,
               "progress": null, "finish": "stop"})
    );
    client.expect_nothing().await;
}

#[tokio::test]
async fn a_client_that_opts_in_follows_word_by_word() {
    let server = Server::start(Limits::default()).await;
    let check = async |target: &str, stream: Option<bool>, follows: bool| {
        let mut client = server.connect(target).await;
        client.expect("welcome").await;
        let mut message = json!({"type": "message", "content": "a river in Asia"});
        if let Some(stream) = stream {
            message["stream"] = stream.into();
        }
        client.send(message).await;
        let frames = client.frames_until("response").await;
        let kinds: Vec<_> = frames.iter().map(|frame| frame["type"].as_str().unwrap()).collect();
        let expect: &[_] = match follows {
            true => &["status", "citations", "status", "delta", "delta", "delta", "delta", "response"],
            false => &["response"],
        };
        assert_eq!(kinds, expect, "{target} {stream:?}");
        let response = frames.last().unwrap();
        assert!(frames.iter().all(|frame| frame["message_id"] == response["message_id"]));
        if follows {
            assert_eq!((&frames[0]["state"], &frames[2]["state"]), (&json!("searching"), &json!("writing")));
            assert_eq!(frames[1]["citations"], response["citations"]);
            assert_eq!(joined(&frames), response["response"].as_str().unwrap());
            assert_eq!(frames[3]["seq"], 1);
        }
        client.expect_nothing().await;
    };
    check("a", None, false).await;
    check("b", Some(false), false).await;
    check("c", Some(true), true).await;
    check("d?stream=1", None, true).await;
    check("e?x=y&stream=true", None, true).await;
    check("f?stream=0", None, false).await;
    check("g?stream=1", Some(false), false).await;
}

#[tokio::test]
async fn stop_ends_the_running_turn_and_nothing_else() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.join("ann").await;
    client.send(json!({"type": "stop"})).await;
    client.expect_nothing().await;
    client.say_streaming("wait for ever").await;
    client.frames_until("delta").await;
    client.say("and then").await;
    client.send(json!({"type": "stop"})).await;
    let response = client.frames_until("response").await.pop().unwrap();
    assert_eq!((&response["finish"], &response["response"]), (&json!("cancelled"), &json!("wait ")));
    let next = client.expect("response").await;
    assert_eq!((&next["finish"], &next["response"]), (&json!("stop"), &json!("and then")));
}

#[tokio::test]
async fn messages_wait_in_order_and_not_too_many() {
    let server = Server::start(Limits { max_waiting: 2, ..Limits::default() }).await;
    let mut client = server.join("ann").await;
    client.say_streaming("wait 0").await;
    client.frames_until("delta").await;
    client.say_streaming("one").await;
    let status = client.expect("status").await;
    assert_eq!((&status["state"], &status["queue_position"]), (&json!("queued"), &json!(1)));
    client.say("two").await;
    client.say("three").await;
    let error = client.expect("error").await;
    assert_eq!(error["code"], "overloaded");
    assert!(error["retry_after_ms"].as_u64().unwrap() > 0);
    server.teacher.open_gate();
    for expect in ["wait 0", "one", "two"] {
        assert_eq!(client.frames_until("response").await.pop().unwrap()["response"], expect);
    }
    client.say("four").await;
    assert_eq!(client.expect("response").await["response"], "four", "there is room again");
}

#[tokio::test]
async fn turns_of_all_sessions_stand_in_one_line() {
    let server = Server::start(Limits { max_running_turns: 1, max_turns: 2, ..Limits::default() }).await;
    let mut first = server.join("ann").await;
    let mut second = server.join("ben").await;
    let mut third = server.join("cy").await;
    first.say_streaming("wait 1").await;
    first.frames_until("delta").await;
    second.say_streaming("hello").await;
    let status = second.expect("status").await;
    assert_eq!((&status["state"], &status["queue_position"]), (&json!("queued"), &json!(1)));
    third.say("hello").await;
    assert_eq!(third.expect("error").await["code"], "overloaded");
    second.send(json!({"type": "stop"})).await;
    let frames = second.frames_until("response").await;
    assert_eq!(frames.last().unwrap()["finish"], "cancelled", "stopped while it stood in line");
    assert_eq!(joined(&frames), frames.last().unwrap()["response"].as_str().unwrap());
    server.teacher.open_gate();
    first.frames_until("response").await;
    third.say("hello").await;
    assert_eq!(third.expect("response").await["response"], "hello");
}

#[tokio::test]
async fn history_is_read_in_pages() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.join("ann").await;
    client.send(json!({"type": "history"})).await;
    assert_eq!(client.expect("history").await["messages"], json!([]));
    for content in ["teach Rivers", "two", "fail"] {
        client.say(content).await;
        client.frame().await;
    }
    client.send(json!({"type": "history", "limit": 3})).await;
    let last = client.expect("history").await["messages"].clone();
    let told = |messages: &Value| -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        messages.as_array().unwrap().iter().map(|one| (text(&one["role"]), text(&one["content"]))).collect()
    };
    let pair = |role: &str, content: &str| (role.to_owned(), content.to_owned());
    assert_eq!(told(&last), [pair("user", "two"), pair("assistant", "two"), pair("user", "fail")]);
    assert_eq!(last[0]["message_id"], last[1]["message_id"]);
    assert_eq!((&last[1]["mode"], &last[1]["finish"]), (&json!("teaching"), &json!("stop")));
    client.send(json!({"type": "history", "before": last[0]["message_id"]})).await;
    let first = client.expect("history").await["messages"].clone();
    assert_eq!(told(&first), [pair("user", "teach Rivers"), pair("assistant", "teach Rivers")]);
    assert_eq!(first[1]["lesson"], json!({"title": "Rivers", "step": 1, "total": 3, "reading_grade": null}));
    assert_eq!(first[1]["citations"][0]["page"], 12);
    for before in ["m999", "nonsense", "m1'"] {
        client.send(json!({"type": "history", "before": before})).await;
        assert_eq!(client.expect("error").await["code"], "not_found", "{before}");
    }
    let mut other = server.join("ben").await;
    other.send(json!({"type": "history", "before": last[0]["message_id"]})).await;
    assert_eq!(other.expect("error").await["code"], "not_found", "another student's message");
}

#[tokio::test]
async fn reset_begins_afresh_also_in_the_middle_of_a_turn() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.join("ann").await;
    client.say("teach Rivers").await;
    client.expect("response").await;
    client.say_streaming("wait for it").await;
    client.frames_until("delta").await;
    client.say("waiting behind").await;
    client.send(json!({"type": "reset"})).await;
    let welcome = client.expect("welcome").await;
    assert_eq!((&welcome["resumed"], &welcome["mode"]), (&json!(false), &json!("idle")));
    client.send(json!({"type": "resume"})).await;
    assert_eq!(client.expect("error").await["code"], "not_found");
    client.say_streaming("fresh").await;
    let frames = client.frames_until("response").await;
    assert_eq!(frames.last().unwrap()["response"], "fresh");
    assert_eq!(joined(&frames), "fresh");
    client.send(json!({"type": "history"})).await;
    assert_eq!(client.expect("history").await["messages"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_makes_no_sense_is_answered_and_the_socket_stays_open() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.join("ann").await;
    let too_long = json!({"type": "message", "content": "é".repeat(8001)}).to_string();
    for (message, code) in [
        (Message::text("hello"), "bad_json"),
        (Message::text("[]"), "bad_json"),
        (Message::text(r#"{"type":"message","content":["a"]}"#), "bad_json"),
        (Message::text("{}"), "bad_type"),
        (Message::text(r#"{"type":"shout"}"#), "bad_type"),
        (Message::binary(br#"{"type":"ping"}"#.to_vec()), "bad_type"),
        (Message::text(r#"{"type":"message"}"#), "empty"),
        (Message::text(r#"{"type":"message","content":"\n "}"#), "empty"),
        (Message::text(too_long), "too_long"),
        (Message::text(r#"{"type":"resume","after_seq":3}"#), "not_found"),
    ] {
        let sent = format!("{message:.60}");
        client.send_raw(message).await;
        let error = client.expect("error").await;
        assert_eq!(error["code"], code, "{sent}");
        assert!(error["error"].as_str().unwrap().len() > 10, "{error}");
        client.expect_nothing().await;
    }
    client.say(&"é".repeat(8000)).await;
    assert_eq!(client.expect("response").await["response"], "é".repeat(8000));
}

#[tokio::test]
async fn a_turn_that_fails_is_told_and_the_next_one_works() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.join("ann").await;
    for (content, code, retry) in
        [("fail", "internal", Value::Null), ("panic", "internal", Value::Null), ("busy", "overloaded", json!(1234))]
    {
        client.say_streaming(content).await;
        let error = client.frames_until("error").await.pop().unwrap();
        assert_eq!((&error["code"], &error["retry_after_ms"]), (&json!(code), &retry), "{content}");
        assert!(error["message_id"].is_string());
        assert!(!error["error"].as_str().unwrap().contains("told to"), "what failed inside is for the log");
        client.say("again").await;
        assert_eq!(client.expect("response").await["response"], "again");
    }
}

#[tokio::test]
async fn a_socket_is_closed_with_the_reason() {
    let server = Server::start(Limits::default()).await;
    let not_utf8 = Message::Frame(Frame::message(vec![0xff, 0xfe], OpCode::Data(Data::Text), true));
    let reserved = Message::Frame(Frame::message(vec![], OpCode::Data(Data::Reserved(5)), true));
    for (name, message, code) in [
        ("a little too big", Message::text(" ".repeat(65_537)), 1009),
        ("binary and too big", Message::binary(vec![0; 65_537]), 1009),
        ("far too big", Message::text(" ".repeat(3 << 20)), 1009),
        ("not UTF-8", not_utf8, 1007),
        ("no frame", reserved, 1002),
    ] {
        let mut client = server.join("ann").await;
        client.send_raw(message).await;
        assert_eq!(client.close_code().await, code, "{name}");
    }
    let mut client = server.join("ann").await;
    let ping = r#"{"type":"ping"}"#;
    let padded = ping.to_owned() + &" ".repeat(65_536 - ping.len());
    client.send_raw(Message::text(padded)).await;
    client.expect("pong").await;
}

#[tokio::test]
async fn the_newer_connection_wins() {
    let server = Server::start(Limits::default()).await;
    let mut older = server.join("ann").await;
    let mut other = server.join("ben").await;
    older.say_streaming("wait for me").await;
    older.frames_until("delta").await;
    let mut newer = server.join("ann").await;
    assert_eq!(older.close_code().await, 4001);
    server.teacher.open_gate();
    assert_eq!(newer.expect("response").await["response"], "wait for me");
    newer.expect_nothing().await;
    other.expect_nothing().await;
}
