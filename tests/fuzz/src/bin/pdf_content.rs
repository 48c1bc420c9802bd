//! The content stream of a page, unpacked.
#![no_main]

use lopdf::dictionary;

libfuzzer_sys::fuzz_target!(|content: &[u8]| {
    let font = dictionary! { "Type" => "Font", "Subtype" => "TrueType", "BaseFont" => "Bold", "FirstChar" => 0 };
    lectern_fuzz::read(&lectern_fuzz::file(content, font, Vec::new()));
});
