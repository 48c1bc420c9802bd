//! Layers (optional content): which parts of a file its own settings hide. Hidden text is no text of the page.

use super::objects;
use lopdf::{Dictionary, Document, Object, ObjectId};
use std::collections::HashSet;

/// How deep a visibility rule may refer to others.
const MAX_GROUPS: usize = 64;

/// The layers that are off when the file is opened.
#[derive(Debug, Default)]
pub(super) struct Layers {
    hidden: HashSet<ObjectId>,
}

impl Layers {
    /// Reads the catalog's `/OCProperties`.
    pub(super) fn of(doc: &Document) -> Self {
        let read = || {
            let properties = objects::dict(doc, doc.catalog().ok()?, b"OCProperties")?;
            let ids = |dict: Option<&Dictionary>, key: &[u8]| -> Vec<ObjectId> {
                let list = dict.and_then(|dict| objects::array(doc, dict, key)).unwrap_or_default();
                list.iter().filter_map(|object| object.as_reference().ok()).collect()
            };
            let settings = objects::dict(doc, properties, b"D");
            let mut hidden = HashSet::new();
            if settings.and_then(|settings| objects::name(doc, settings, b"BaseState")) == Some(b"OFF") {
                hidden.extend(ids(Some(properties), b"OCGs"));
                ids(settings, b"ON").iter().for_each(|id| _ = hidden.remove(id));
            }
            hidden.extend(ids(settings, b"OFF"));
            Some(hidden)
        };
        Self { hidden: read().unwrap_or_default() }
    }

    /// Whether what belongs to `group`, a layer or a rule over layers, is hidden.
    pub(super) fn hides(&self, doc: &Document, group: &Object) -> bool {
        if self.hidden.is_empty() {
            return false;
        }
        if let Ok(id) = group.as_reference()
            && self.hidden.contains(&id)
        {
            return true;
        }
        let Some(rule) = objects::resolve(doc, group).and_then(objects::as_dict) else { return false };
        let members: Vec<ObjectId> = match rule.get(b"OCGs") {
            Ok(Object::Reference(id)) if doc.get_dictionary(*id).is_ok() => vec![*id],
            _ => objects::array(doc, rule, b"OCGs")
                .unwrap_or_default()
                .iter()
                .take(MAX_GROUPS)
                .filter_map(|object| object.as_reference().ok())
                .collect(),
        };
        let num_hidden = members.iter().filter(|id| self.hidden.contains(id)).count();
        match objects::name(doc, rule, b"P") {
            _ if members.is_empty() => false,
            Some(b"AllOn") => num_hidden > 0,
            Some(b"AnyOff") => num_hidden == 0,
            Some(b"AllOff") => num_hidden < members.len(),
            _ => num_hidden == members.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lopdf::dictionary;

    #[test]
    fn layers_that_are_off_hide_and_rules_combine_them() {
        let mut doc = Document::with_version("1.5");
        let [on, off] = [(); 2].map(|()| doc.add_object(dictionary! { "Type" => "OCG" }));
        let reference = Object::Reference;
        let properties = dictionary! {
            "OCGs" => vec![reference(on), reference(off)],
            "D" => dictionary! { "OFF" => vec![reference(off)] },
        };
        let catalog = doc.add_object(dictionary! { "Type" => "Catalog", "OCProperties" => properties });
        doc.trailer.set("Root", catalog);
        let layers = Layers::of(&doc);
        let rule = |policy: &str| {
            let groups = vec![reference(on), reference(off)];
            Object::Dictionary(dictionary! { "Type" => "OCMD", "OCGs" => groups, "P" => policy })
        };
        let cases = [
            (reference(on), false),
            (reference(off), true),
            (rule("AnyOn"), false),
            (rule("AllOn"), true),
            (rule("AnyOff"), false),
            (rule("AllOff"), true),
            (Object::Null, false),
        ];
        for (group, hidden) in cases {
            assert_eq!(layers.hides(&doc, &group), hidden, "{group:?}");
        }
    }
}
