//! Chat templates: the file's own Jinja text, run by minijinja with the extras that such templates expect. A template that
//! loops without end runs out of fuel.

use super::error::EngineError;
use super::prompt::Message;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Serde};
use minijinja::{Environment, Error, ErrorKind, Value};
use serde::Serialize as _;

/// Steps (and 64 bytes of data each) that one rendering may take; a long conversation takes some ten thousand.
const FUEL: u64 = 5_000_000;
const NAME: &str = "chat template";

/// What models without a template of their own, but with its tokens, were trained on.
pub(crate) const CHATML: &str = "{%- for message in messages %}{{- '<|im_start|>' + message.role + '\n' + message.content \
    + '<|im_end|>\n' }}{%- endfor %}{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}";

/// A compiled chat template.
#[derive(Debug)]
pub struct ChatTemplate {
    environment: Environment<'static>,
    bos: String,
    eos: String,
}

impl ChatTemplate {
    /// Compiles a template; `bos` and `eos` are the texts of those tokens.
    ///
    /// # Errors
    /// It is not valid Jinja.
    pub fn new(source: &str, bos: &str, eos: &str) -> Result<Self, EngineError> {
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.map_err(|error| failed(&error))?);
        environment.set_fuel(Some(FUEL));
        environment.set_debug(false);
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", |message: String| -> Result<Value, Error> {
            Err(Error::new(ErrorKind::InvalidOperation, message))
        });
        environment.add_function("strftime_now", strftime_now);
        environment.add_filter("tojson", tojson);
        environment.add_template_owned(NAME, source.to_owned()).map_err(|error| failed(&error))?;
        Ok(Self { environment, bos: bos.to_owned(), eos: eos.to_owned() })
    }

    /// The prompt for these messages, up to where the assistant begins to speak; thinking is switched off.
    ///
    /// # Errors
    /// The template refuses the messages, or does not end.
    pub fn render(&self, messages: &[Message]) -> Result<String, EngineError> {
        let context = minijinja::context! {
            messages => Value::from(Serde(messages)),
            add_generation_prompt => true,
            enable_thinking => false,
            bos_token => self.bos.as_str(),
            eos_token => self.eos.as_str(),
        };
        let template = self.environment.get_template(NAME).map_err(|error| failed(&error))?;
        template.render(context).map_err(|error| failed(&error))
    }
}

/// Kind, detail and line; not the variables, which hold what students wrote.
fn failed(error: &Error) -> EngineError {
    EngineError::Template(error.to_string())
}

/// The local date and time in the form of C's `strftime`.
fn strftime_now(format: &str) -> Result<String, Error> {
    jiff::fmt::strtime::format(format, &jiff::Zoned::now())
        .map_err(|error| Error::new(ErrorKind::InvalidOperation, format!("strftime_now: {error}")))
}

/// JSON as Python writes it, without the escapes for HTML that minijinja's own filter makes.
fn tojson(value: &Value, indent: Option<usize>, options: Kwargs) -> Result<String, Error> {
    let indent = match indent {
        Some(indent) => Some(indent),
        None => options.get::<Option<usize>>("indent")?,
    };
    for ignored in ["ensure_ascii", "sort_keys", "separators"] {
        options.get::<Option<Value>>(ignored)?;
    }
    options.assert_all_used()?;
    let cannot = |error: serde_json::Error| Error::new(ErrorKind::InvalidOperation, format!("tojson: {error}"));
    let mut bytes = Vec::new();
    match indent {
        Some(width) => {
            let spaces = " ".repeat(width.min(16));
            let formatter = serde_json::ser::PrettyFormatter::with_indent(spaces.as_bytes());
            value.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, formatter)).map_err(cannot)?;
        }
        None => value.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, Spaced)).map_err(cannot)?,
    }
    Ok(String::from_utf8(bytes).expect("serde_json writes UTF-8"))
}

/// `{"a": 1, "b": 2}`: a space after each comma and colon.
struct Spaced;

impl serde_json::ser::Formatter for Spaced {
    fn begin_array_value<W: ?Sized + std::io::Write>(&mut self, writer: &mut W, first: bool) -> std::io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_key<W: ?Sized + std::io::Write>(&mut self, writer: &mut W, first: bool) -> std::io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_value<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        writer.write_all(b": ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Role;

    fn render(source: &str, contents: &[&str]) -> Result<String, EngineError> {
        let message = |content: &&str| Message { role: Role::User, content: (*content).to_owned() };
        ChatTemplate::new(source, "<s>", "</s>")?.render(&contents.iter().map(message).collect::<Vec<_>>())
    }

    #[test]
    fn what_templates_of_models_use_is_there() {
        let check =
            |source, expected: &str| assert_eq!(render(source, &[" <b>&' "]).expect(source), expected, "{source}");
        check("{{ bos_token }}{{ messages[0].content | trim }}{{ eos_token }}", "<s><b>&'</s>");
        check("{{ messages[0]['content'].strip().split('&')[-1] }}", "'");
        check("{{ {'a': '<b>', 'c': [1, true, none]} | tojson }}", r#"{"a": "<b>", "c": [1, true, null]}"#);
        check("{{ {'a': 1} | tojson(indent=2) }}", "{\n  \"a\": 1\n}");
        check("{% if enable_thinking is false %}quiet{% endif %}", "quiet");
        check("{% for m in messages[::-1] %}{% if loop.last %}{% break %}{% endif %}{% endfor %}x", "x");
        check("  {% if true %}\nx\n  {% endif %}\ny", "x\ny");
        check(CHATML, "<|im_start|>user\n <b>&' <|im_end|>\n<|im_start|>assistant\n");
        let year = render("{{ strftime_now('%Y') }}", &[]).expect("a year");
        assert!(year.len() == 4 && year.as_str() > "2024", "{year}");
    }

    #[test]
    fn a_bad_template_is_an_error_and_tells_no_secrets() {
        for (source, words) in [
            ("{{ raise_exception('roles must alternate') }}", "roles must alternate"),
            ("{% for m in %}", "syntax error"),
            ("{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}", "fuel"),
            ("{{ messages[0].content.no_such_method() }}", "no method"),
            ("{{ strftime_now('%Q%') }}", "strftime_now"),
        ] {
            let error = render(source, &["what a student wrote"]).expect_err(source).to_string();
            assert!(error.contains(words) && !error.contains("student"), "{source}: {error}");
        }
    }
}
