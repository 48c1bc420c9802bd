//! Answers of a model that knows nothing, held to a thousand forms.

use super::model::nano::Nano;
use super::*;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

fn answer(engine: &Engine, grammar: Grammar, seed: u64) -> Result<Summary, EngineError> {
    let request = Request {
        sampling: Sampling { temperature: 2.0, top_k: 0, top_p: 1.0, min_p: 0.0, seed, ..Sampling::default() },
        max_tokens: 3000,
        grammar: Some(grammar),
        ..Request::new(Prompt::Text("the".into()))
    };
    let mut generation = engine.submit(request)?;
    loop {
        match generation.recv().expect("it ends") {
            Event::Finished(summary) => return Ok(summary),
            Event::Failed(error) => return Err(error),
            _ => {}
        }
    }
}

/// Schemas whose values are not endless: a model that knows nothing would never end a text by itself.
fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        (0usize..9).prop_map(|most| json!({"type": "string", "maxLength": most})),
        (-50i32..50, 0i32..100)
            .prop_map(|(from, more)| json!({"type": "integer", "minimum": from, "maximum": from + more})),
        Just(json!({"type": "boolean"})),
        Just(json!({"type": "null"})),
        Just(json!({"type": "string", "pattern": "^[a-f]{2,4}$"})),
        proptest::collection::vec("[a-zé\"\\\\ ]{0,6}", 1..4).prop_map(|texts| json!({"enum": texts})),
        (0i32..9).prop_map(|value| json!({"const": value})),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let fields = proptest::collection::btree_map("[a-z]{1,5}", inner.clone(), 0..4);
        prop_oneof![
            (inner.clone(), 0usize..3)
                .prop_map(|(items, most)| json!({"type": "array", "items": items, "maxItems": most})),
            (fields, any::<bool>()).prop_map(|(fields, all)| {
                let required: Vec<&String> = fields.keys().take(if all { usize::MAX } else { 1 }).collect();
                json!({"type": "object", "properties": fields, "required": required, "additionalProperties": false})
            }),
            proptest::collection::vec(inner, 1..3).prop_map(|any| json!({"anyOf": any})),
        ]
    })
}

#[test]
fn every_answer_fits_its_schema() {
    let engine = Nano { context: 4000, layers: 1, ..Nano::default() }.engine();
    let mut runner = TestRunner::deterministic();
    for seed in 0..700 {
        let schema = schema().new_tree(&mut runner).expect("a schema").current();
        let summary =
            answer(&engine, Grammar::JsonSchema(schema.clone()), seed).unwrap_or_else(|e| panic!("{e}: {schema}"));
        assert_eq!(summary.finish, FinishReason::Stop, "{schema}: {}", summary.text);
        let value: Value =
            serde_json::from_str(&summary.text).unwrap_or_else(|e| panic!("{e}: {schema}: {}", summary.text));
        let validator = jsonschema::draft202012::new(&schema).expect("a schema");
        assert!(validator.is_valid(&value), "{schema}: {value}");
    }
}

#[test]
fn every_answer_is_one_of_the_choices_or_matches() {
    let engine = Nano { context: 4000, layers: 1, ..Nano::default() }.engine();
    let mut runner = TestRunner::deterministic();
    let choices = proptest::collection::vec("[ -~é日\n]{1,12}", 1..5);
    for seed in 0..250 {
        let choices = choices.new_tree(&mut runner).expect("texts").current();
        let summary =
            answer(&engine, Grammar::Choice(choices.clone()), seed).unwrap_or_else(|e| panic!("{e}: {choices:?}"));
        assert!(choices.contains(&summary.text), "{choices:?}: {:?}", summary.text);
        assert_eq!(summary.finish, FinishReason::Stop);
    }
    for seed in 0..50 {
        let summary =
            answer(&engine, Grammar::Regex("[0-9]{1,3}(\\.[0-9]{2})? (km|m)".into()), seed).expect("an answer");
        let (number, unit) = summary.text.split_once(' ').expect("a blank");
        assert!(number.parse::<f32>().is_ok() && ["km", "m"].contains(&unit), "{:?}", summary.text);
    }
}

#[test]
fn a_drafted_answer_keeps_to_its_grammar() {
    let grammar = Grammar::Regex("(the )+end".into());
    let of = |drafts| {
        let config = EngineConfig { drafts, ..EngineConfig::default() };
        let engine = Nano { context: 4000, layers: 1, ..Nano::default() }.try_engine(config).expect("a good model");
        let texts: Vec<_> =
            (0..5).map(|seed| answer(&engine, grammar.clone(), seed).expect("an answer").text).collect();
        (texts, engine.totals().accepted_tokens)
    };
    let ((plain, none), (drafted, accepted)) = (of(Drafts::Off), of(Drafts::Always));
    assert_eq!((&plain, none), (&drafted, 0));
    assert!(accepted > 0 && plain.iter().all(|text| text.ends_with("the end")), "{accepted} {plain:?}");
}

#[test]
fn what_is_no_grammar_is_refused_when_it_comes_in() {
    let engine = Nano::default().engine();
    for grammar in [
        Grammar::Regex("(".into()),
        Grammar::Regex("(?=a)b".into()),
        Grammar::Choice(Vec::new()),
        Grammar::Choice(vec![String::new()]),
        Grammar::JsonSchema(json!({"type": "nothing"})),
        Grammar::JsonSchema(json!({"$ref": "#/nowhere"})),
        Grammar::JsonSchema(json!({"$ref": "https://example.org/schema"})),
        Grammar::JsonSchema(json!({"type": "string", "maxLength": -1})),
        Grammar::JsonSchema(json!(false)),
    ] {
        let error = answer(&engine, grammar.clone(), 0).map(|summary| summary.text);
        assert!(matches!(&error, Err(EngineError::Grammar(_))), "{grammar:?}: {error:?}");
    }
    let forbidden = Request {
        end_tokens: EndTokens::Forbid,
        grammar: Some(Grammar::any_object()),
        ..Request::new(Prompt::Text("the".into()))
    };
    assert!(matches!(engine.submit(forbidden), Err(EngineError::Request(_))));
}
