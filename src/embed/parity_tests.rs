//! Our own code against the same in f64 and against candle's, with random weights and, where they are, real ones.

use super::encoder::Encoder;
use super::files::ModelFiles;
use super::text::TextTokenizer;
use super::tiny::{MAX_TOKENS, Tiny, ids, text};
use super::*;
use candle_core::{DType, Device};

const TOLERANCE: f64 = 1e-5;

fn shapes() -> Vec<Tiny> {
    vec![
        Tiny::default(),
        Tiny { width: 36, heads: 3, inner: 50, act: "gelu_new", prefix: "bert.", ..Tiny::default() },
        Tiny { width: 20, heads: 5, inner: 33, layers: 3, act: "relu", ..Tiny::default() },
        Tiny { width: 48, heads: 1, inner: 400, layers: 1, ..Tiny::default() },
    ]
}

/// Texts as numbers of words: none, few, and more than a block of attention holds; the last is cut.
fn texts() -> Vec<Vec<usize>> {
    let lengths = [3, 0, 1, 17, 60, 78, 5, 31, 32, 90];
    lengths.iter().enumerate().map(|(n, len)| (0..*len).map(|i| (i * 5 + i * i % 7 + n) % 10).collect()).collect()
}

/// The greatest difference of two lists of vectors.
fn distance(a: &[Vec<f32>], b: &[Vec<f32>]) -> f64 {
    assert_eq!(a.len(), b.len());
    let differences = a.iter().zip(b).flat_map(|(a, b)| {
        assert_eq!(a.len(), b.len());
        a.iter().zip(b).map(|(a, b)| f64::from((a - b).abs()))
    });
    differences.fold(0.0, |most, x| if x > most || x.is_nan() { x } else { most })
}

/// The same model run by candle on the processor, as a GPU would.
fn candles(config: &EmbedConfig) -> Embedder {
    let files = ModelFiles::read(&config.dir, config.max_tokens, "").expect("the files");
    let shape = &files.shape;
    let tokenizer = TextTokenizer::load(&files.tokenizer_path, &files.tokenizer, shape, config.max_tokens);
    let mut embedder = Embedder::load(config).expect("the model loads");
    embedder.tokenizer = tokenizer.expect("the tokenizer");
    embedder.encoder = Encoder::with_candle(files.weights, shape, Device::Cpu).expect("candle takes the weights");
    embedder
}

#[test]
fn vectors_are_those_of_a_plain_computation_and_of_candle() {
    let texts = texts();
    let strings: Vec<String> = texts.iter().map(|words| text(words)).collect();
    let strings: Vec<&str> = strings.iter().map(String::as_str).collect();
    for tiny in shapes() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let tensors = tiny.tensors();
        tiny.write(folder.path(), &tensors);
        for pooling in [Pooling::Mean, Pooling::Cls] {
            let config = EmbedConfig { max_tokens: MAX_TOKENS, pooling, ..EmbedConfig::new(folder.path()) };
            let ours = Embedder::load(&config).expect("the model loads").embed_passages(&strings).expect("texts embed");
            let plain: Vec<Vec<f32>> = texts
                .iter()
                .map(|words| {
                    let ids = ids(words, MAX_TOKENS - 2);
                    let mut rows = tiny.forward(&tensors, &ids, &vec![0; ids.len()]);
                    rows.truncate(if pooling == Pooling::Cls { 1 } else { rows.len() });
                    let sum = |i: usize| rows.iter().map(|row| row[i]).sum::<f64>();
                    let vector: Vec<f64> = (0..tiny.width).map(sum).collect();
                    let length = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
                    vector.iter().map(|x| (x / length) as f32).collect()
                })
                .collect();
            let off = distance(&ours, &plain);
            assert!(off < TOLERANCE, "{tiny:?} {pooling:?}: {off} from the plain computation");
            let theirs = candles(&config).embed_passages(&strings).expect("texts embed");
            let off = distance(&ours, &theirs);
            assert!(off < TOLERANCE, "{tiny:?} {pooling:?}: {off} from candle");
        }
    }
}

#[test]
fn real_weights_give_candles_vectors() {
    let Some(dir) = super::tests::model_dir() else { return };
    let config = EmbedConfig::new(dir);
    let texts: Vec<String> =
        (0..12).map(|n| format!("{n}. {}", "Plants turn light into sugar. ".repeat(n * n / 4))).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).chain(["", "What is photosynthesis?"]).collect();
    let ours = Embedder::load(&config).expect("the model loads").embed_passages(&texts).expect("texts embed");
    let theirs = candles(&config).embed_passages(&texts).expect("texts embed");
    let off = distance(&ours, &theirs);
    assert!(off < TOLERANCE, "{off} from candle");
}

#[test]
fn a_vector_is_the_same_to_the_last_bit_alone_in_a_batch_and_among_threads() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let tiny = Tiny { width: 36, heads: 3, ..Tiny::default() };
    tiny.write(folder.path(), &tiny.tensors());
    let embedder = Embedder::load(&EmbedConfig { max_tokens: MAX_TOKENS, ..EmbedConfig::new(folder.path()) });
    let embedder = embedder.expect("the model loads");
    let strings: Vec<String> = texts().iter().map(|words| text(words)).collect();
    let strings: Vec<&str> = (0..60).map(|n| strings[n % strings.len()].as_str()).collect();
    let together = embedder.embed_passages(&strings).expect("texts embed");
    std::thread::scope(|scope| {
        for thread in 0..6 {
            let (embedder, strings, together) = (&embedder, &strings, &together);
            scope.spawn(move || {
                if thread == 0 {
                    assert_eq!(&embedder.embed_passages(strings).expect("texts embed"), together);
                }
                for (string, vector) in strings.iter().zip(together).skip(thread) {
                    assert_eq!(&embedder.embed_query(string).expect("a text embeds"), vector);
                }
            });
        }
    });
}

#[test]
fn half_numbers_and_old_names_are_taken() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let tiny = Tiny::default();
    let tensors = tiny.tensors();
    tiny.write(folder.path(), &tensors);
    let config = EmbedConfig { max_tokens: MAX_TOKENS, ..EmbedConfig::new(folder.path()) };
    let embed = || Embedder::load(&config).expect("the model loads").embed_query("heat flows").expect("a text embeds");
    let expected = embed();
    let old_name = |name: String| name.replace("Norm.weight", "Norm.gamma").replace("Norm.bias", "Norm.beta");
    let old = tensors.into_iter().map(|(name, tensor)| (old_name(name), tensor)).collect();
    tiny.write(folder.path(), &old);
    assert_eq!(embed(), expected);
    let path = folder.path().join("model.safetensors");
    let full = candle_core::safetensors::load(&path, &Device::Cpu).expect("the weights");
    let half = full.into_iter().map(|(name, tensor)| (name, tensor.to_dtype(DType::F16).expect("halves"))).collect();
    candle_core::safetensors::save(&half, &path).expect("weights are written");
    let off = distance(&[embed()], &[expected]);
    assert!(off > 0.0 && off < 1e-2, "{off} from the full numbers");
}
