//! map

pub mod base;
