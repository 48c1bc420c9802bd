//! The room `classroom`.
