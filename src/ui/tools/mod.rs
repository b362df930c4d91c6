//! Windows beside the main one.

pub mod about;
pub mod instructions;
pub mod pin_prompts;
pub mod practice;
pub mod preferences;
pub mod shortcuts;
pub mod trace;
