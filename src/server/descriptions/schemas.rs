//! JSON Schemas of the types of the wire.

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value};

/// Where a description keeps its schemas.
const PLACE: &str = "/components/schemas";

/// Schemas of what is read and of what is written; they differ in which fields must be there.
pub(super) struct Schemas {
    read: SchemaGenerator,
    written: SchemaGenerator,
}

impl Schemas {
    pub(super) fn new() -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = PLACE.into();
            settings.meta_schema = None;
        });
        let read = settings.clone().for_deserialize().into_generator();
        Self { read, written: settings.for_serialize().into_generator() }
    }

    /// A reference to the schema of what the server reads.
    pub(super) fn read<T: JsonSchema>(&mut self) -> Value {
        self.read.subschema_for::<T>().to_value()
    }

    /// A reference to the schema of what the server writes.
    pub(super) fn written<T: JsonSchema>(&mut self) -> Value {
        self.written.subschema_for::<T>().to_value()
    }

    /// The variants of an enum that the server reads, each with a `type` of its own.
    pub(super) fn variants_read<T: JsonSchema>(&mut self) -> Vec<Value> {
        let schema = T::json_schema(&mut self.read);
        variants(schema, &mut self.read)
    }

    /// The variants of an enum that the server writes, each with a `type` of its own.
    pub(super) fn variants_written<T: JsonSchema>(&mut self) -> Vec<Value> {
        let schema = T::json_schema(&mut self.written);
        variants(schema, &mut self.written)
    }

    /// All schemas that were referred to.
    pub(super) fn into_definitions(mut self) -> Map<String, Value> {
        let mut all = self.read.take_definitions(true);
        all.append(&mut self.written.take_definitions(true));
        let mut all = Value::Object(all);
        tidy(&mut all);
        let Value::Object(all) = all else { return Map::new() };
        all
    }
}

/// The variants of an enum. What stands before `oneOf` belongs to every variant; one that refers to a type gets its fields.
fn variants(schema: Schema, generator: &mut SchemaGenerator) -> Vec<Value> {
    let Value::Object(mut all) = schema.to_value() else { return Vec::new() };
    let variants = ["oneOf", "anyOf"].iter().find_map(|key| all.remove(*key));
    let common = Value::Object(all);
    let mut variants: Vec<Value> = variants.and_then(|all| all.as_array().cloned()).unwrap_or_default();
    for variant in &mut variants {
        let referred = variant["$ref"].as_str().and_then(|place| place.rsplit('/').next()).map(str::to_owned);
        if let Some(fields) = referred.and_then(|name| generator.definitions_mut().remove(&name)) {
            let mut own = std::mem::replace(variant, fields);
            for key in ["properties", "required"] {
                join(&mut variant[key], &own[key]);
            }
            if own["description"].is_string() {
                variant["description"] = own["description"].take();
            }
        }
        for key in ["properties", "required"] {
            join(&mut variant[key], &common[key]);
        }
        tidy(variant);
    }
    variants
}

fn join(into: &mut Value, more: &Value) {
    match (into, more) {
        (Value::Object(into), Value::Object(more)) => into.extend(more.clone()),
        (Value::Array(into), Value::Array(more)) => into.extend(more.iter().cloned()),
        (into @ Value::Null, more) => *into = more.clone(),
        _ => {}
    }
}

/// Makes the words of the source the words of a description.
fn tidy(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            for (name, field) in fields.iter_mut() {
                match field {
                    Value::String(words) if name == "description" => *words = plain(words),
                    field => tidy(field),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

/// One line, and names instead of links to them.
fn plain(words: &str) -> String {
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut parts = words.split("[`");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("`]").unwrap_or((part, ""));
        let rest = rest.strip_prefix('(').and_then(|link| link.split_once(')')).map_or(rest, |(_, rest)| rest);
        text.push_str(name);
        text.push_str(rest);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn links_become_names() {
        for (words, expected) in [
            ("1 to [`MAX`] of\nthem", "1 to MAX of them"),
            ("see [`Other`](Self::other), or `this`", "see Other, or `this`"),
            ("[`A`] (of [`B`])", "A (of B)"),
        ] {
            assert_eq!(plain(words), expected);
        }
    }
}
