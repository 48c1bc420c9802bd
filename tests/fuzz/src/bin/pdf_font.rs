//! A font program or character map, unpacked. The first byte says which kind the rest is.
#![no_main]

use lopdf::{Dictionary, Object, Stream, dictionary};

/// The font's data, and its character map.
const DATA: (u32, u16) = (1, 0);

fn font(kind: u8) -> Dictionary {
    let base = |subtype: &str| dictionary! { "Type" => "Font", "Subtype" => subtype, "BaseFont" => "Example" };
    let with_file = |mut font: Dictionary, key: &str| {
        font.set(
            "FontDescriptor",
            dictionary! { "Type" => "FontDescriptor", "Flags" => 4, key => Object::Reference(DATA) },
        );
        font
    };
    let composite = |descendant: Dictionary| {
        let mut font = base("Type0");
        font.set("Encoding", "Identity-H");
        font.set("DescendantFonts", vec![Object::Dictionary(descendant)]);
        font
    };
    match kind % 8 {
        0 => with_file(base("Type1"), "FontFile"),
        1 => with_file(base("TrueType"), "FontFile2"),
        2 => with_file(base("Type1"), "FontFile3"),
        3 => composite(with_file(base("CIDFontType2"), "FontFile2")),
        4 => composite(with_file(base("CIDFontType0"), "FontFile3")),
        5 => {
            let mut font = composite(base("CIDFontType0"));
            font.set("Encoding", Object::Reference(DATA));
            font
        }
        6 => {
            let mut font = composite(base("CIDFontType0"));
            font.set("ToUnicode", Object::Reference(DATA));
            font
        }
        _ => {
            let mut descendant = with_file(base("CIDFontType2"), "FontFile2");
            descendant.set("CIDToGIDMap", Object::Reference(DATA));
            composite(descendant)
        }
    }
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((kind, data)) = bytes.split_first() else { return };
    let mut content = b"BT /F1 10 Tf 20 300 Td <".to_vec();
    content.extend((0..=255).flat_map(|code: u8| format!("{code:02x}").into_bytes()));
    content.extend(b"> Tj ET");
    let subtype = if kind / 8 % 2 == 0 { "Type1C" } else { "CIDFontType0C" };
    let stream = Stream::new(dictionary! { "Subtype" => subtype }, data.to_vec());
    lectern_fuzz::read(&lectern_fuzz::file(&content, font(*kind), vec![(DATA.0, stream)]));
});
