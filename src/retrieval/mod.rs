//! The room `retrieval`.
