//! The window.

pub mod a11y;
pub mod actions;
pub mod app;
pub mod dialogs;
pub mod launch;
pub mod model;
pub mod pinentry_dialog;
pub mod reader_panel;
pub mod status_pages;
mod style;
pub mod token_view;
pub mod tools;
pub mod widgets;
pub mod wizards;
